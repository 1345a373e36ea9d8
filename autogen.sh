#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes ./configure. Needed in a checkout only; releases come with it.
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --install --force "$@"
