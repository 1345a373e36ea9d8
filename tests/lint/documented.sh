#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/documented.sh: every exported function of mdbx.h, every value of its
# enums and every member of its structures has a comment.
. "$(dirname "$0")/common.sh"
lint_temporary

awk -f "$lint_dir/documented.awk" "$LINT_ROOT/include/mdbx.h" >"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
