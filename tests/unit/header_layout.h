/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and offsets of the structures of the public header on 64-bit machines; see test_header.c. */
#ifndef TESTS_UNIT_HEADER_LAYOUT_H
#define TESTS_UNIT_HEADER_LAYOUT_H

#define LAYOUT(X) \
  X(sizeof(MDBX_val), 16) \
  X(offsetof(MDBX_val, iov_base), 0) \
  X(offsetof(MDBX_val, iov_len), 8) \
  X(sizeof(MDBX_stat), 48) \
  X(offsetof(MDBX_stat, ms_psize), 0) \
  X(offsetof(MDBX_stat, ms_depth), 4) \
  X(offsetof(MDBX_stat, ms_branch_pages), 8) \
  X(offsetof(MDBX_stat, ms_leaf_pages), 16) \
  X(offsetof(MDBX_stat, ms_overflow_pages), 24) \
  X(offsetof(MDBX_stat, ms_entries), 32) \
  X(offsetof(MDBX_stat, ms_mod_txnid), 40) \
  X(sizeof(MDBX_envinfo), 392) \
  X(offsetof(MDBX_envinfo, mi_geo.lower), 0) \
  X(offsetof(MDBX_envinfo, mi_geo.upper), 8) \
  X(offsetof(MDBX_envinfo, mi_geo.current), 16) \
  X(offsetof(MDBX_envinfo, mi_geo.shrink), 24) \
  X(offsetof(MDBX_envinfo, mi_geo.grow), 32) \
  X(offsetof(MDBX_envinfo, mi_mapsize), 40) \
  X(offsetof(MDBX_envinfo, mi_dxb_fsize), 48) \
  X(offsetof(MDBX_envinfo, mi_dxb_fallocated), 56) \
  X(offsetof(MDBX_envinfo, mi_last_pgno), 64) \
  X(offsetof(MDBX_envinfo, mi_recent_txnid), 72) \
  X(offsetof(MDBX_envinfo, mi_latter_reader_txnid), 80) \
  X(offsetof(MDBX_envinfo, mi_self_latter_reader_txnid), 88) \
  X(offsetof(MDBX_envinfo, mi_meta_txnid), 96) \
  X(offsetof(MDBX_envinfo, mi_meta_sign), 120) \
  X(offsetof(MDBX_envinfo, mi_maxreaders), 144) \
  X(offsetof(MDBX_envinfo, mi_numreaders), 148) \
  X(offsetof(MDBX_envinfo, mi_dxb_pagesize), 152) \
  X(offsetof(MDBX_envinfo, mi_sys_pagesize), 156) \
  X(offsetof(MDBX_envinfo, mi_sys_upcblk), 160) \
  X(offsetof(MDBX_envinfo, mi_sys_ioblk), 164) \
  X(offsetof(MDBX_envinfo, mi_bootid.current.x), 168) \
  X(offsetof(MDBX_envinfo, mi_bootid.current.y), 176) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[0].x), 184) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[0].y), 192) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[1].x), 200) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[1].y), 208) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[2].x), 216) \
  X(offsetof(MDBX_envinfo, mi_bootid.meta[2].y), 224) \
  X(offsetof(MDBX_envinfo, mi_unsync_volume), 232) \
  X(offsetof(MDBX_envinfo, mi_autosync_threshold), 240) \
  X(offsetof(MDBX_envinfo, mi_since_sync_seconds16dot16), 248) \
  X(offsetof(MDBX_envinfo, mi_autosync_period_seconds16dot16), 252) \
  X(offsetof(MDBX_envinfo, mi_since_reader_check_seconds16dot16), 256) \
  X(offsetof(MDBX_envinfo, mi_mode), 260) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.newly), 264) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.cow), 272) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.clone), 280) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.split), 288) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.merge), 296) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.spill), 304) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.unspill), 312) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.wops), 320) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.prefault), 328) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.mincore), 336) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.msync), 344) \
  X(offsetof(MDBX_envinfo, mi_pgop_stat.fsync), 352) \
  X(offsetof(MDBX_envinfo, mi_dxbid.x), 360) \
  X(offsetof(MDBX_envinfo, mi_dxbid.y), 368) \
  X(sizeof(MDBX_txn_info), 72) \
  X(offsetof(MDBX_txn_info, txn_id), 0) \
  X(offsetof(MDBX_txn_info, txn_reader_lag), 8) \
  X(offsetof(MDBX_txn_info, txn_space_used), 16) \
  X(offsetof(MDBX_txn_info, txn_space_limit_soft), 24) \
  X(offsetof(MDBX_txn_info, txn_space_limit_hard), 32) \
  X(offsetof(MDBX_txn_info, txn_space_retired), 40) \
  X(offsetof(MDBX_txn_info, txn_space_leftover), 48) \
  X(offsetof(MDBX_txn_info, txn_space_dirty), 56) \
  X(offsetof(MDBX_txn_info, txn_pget), 64) \
  X(sizeof(MDBX_commit_latency), 168) \
  X(offsetof(MDBX_commit_latency, preparation), 0) \
  X(offsetof(MDBX_commit_latency, gc_wallclock), 4) \
  X(offsetof(MDBX_commit_latency, audit), 8) \
  X(offsetof(MDBX_commit_latency, write), 12) \
  X(offsetof(MDBX_commit_latency, sync), 16) \
  X(offsetof(MDBX_commit_latency, ending), 20) \
  X(offsetof(MDBX_commit_latency, whole), 24) \
  X(offsetof(MDBX_commit_latency, gc_cputime), 28) \
  X(offsetof(MDBX_commit_latency, gc_prof.wloops), 32) \
  X(offsetof(MDBX_commit_latency, gc_prof.coalescences), 36) \
  X(offsetof(MDBX_commit_latency, gc_prof.wipes), 40) \
  X(offsetof(MDBX_commit_latency, gc_prof.flushes), 44) \
  X(offsetof(MDBX_commit_latency, gc_prof.kicks), 48) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_counter), 52) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_rtime_monotonic), 56) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_xtime_cpu), 60) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_rsteps), 64) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_xpages), 68) \
  X(offsetof(MDBX_commit_latency, gc_prof.work_majflt), 72) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_counter), 76) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_rtime_monotonic), 80) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_xtime_cpu), 84) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_rsteps), 88) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_xpages), 92) \
  X(offsetof(MDBX_commit_latency, gc_prof.self_majflt), 96) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_work.time), 104) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_work.volume), 112) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_work.calls), 120) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_self.time), 128) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_self.volume), 136) \
  X(offsetof(MDBX_commit_latency, gc_prof.pnl_merge_self.calls), 144) \
  X(offsetof(MDBX_commit_latency, gc_prof.max_reader_lag), 152) \
  X(offsetof(MDBX_commit_latency, gc_prof.max_retained_pages), 156) \
  X(sizeof(MDBX_canary), 32) \
  X(offsetof(MDBX_canary, x), 0) \
  X(offsetof(MDBX_canary, y), 8) \
  X(offsetof(MDBX_canary, z), 16) \
  X(offsetof(MDBX_canary, v), 24) \
  X(sizeof(struct MDBX_version_info), 56) \
  X(offsetof(struct MDBX_version_info, major), 0) \
  X(offsetof(struct MDBX_version_info, minor), 2) \
  X(offsetof(struct MDBX_version_info, patch), 4) \
  X(offsetof(struct MDBX_version_info, tweak), 6) \
  X(offsetof(struct MDBX_version_info, semver_prerelease), 8) \
  X(offsetof(struct MDBX_version_info, git.datetime), 16) \
  X(offsetof(struct MDBX_version_info, git.tree), 24) \
  X(offsetof(struct MDBX_version_info, git.commit), 32) \
  X(offsetof(struct MDBX_version_info, git.describe), 40) \
  X(offsetof(struct MDBX_version_info, sourcery), 48) \
  X(sizeof(struct MDBX_build_info), 48) \
  X(offsetof(struct MDBX_build_info, datetime), 0) \
  X(offsetof(struct MDBX_build_info, target), 8) \
  X(offsetof(struct MDBX_build_info, options), 16) \
  X(offsetof(struct MDBX_build_info, compiler), 24) \
  X(offsetof(struct MDBX_build_info, flags), 32) \
  X(offsetof(struct MDBX_build_info, metadata), 40) \
  X(sizeof(MDBX_cache_entry_t), 32) \
  X(offsetof(MDBX_cache_entry_t, trunk_txnid), 0) \
  X(offsetof(MDBX_cache_entry_t, last_confirmed_txnid), 8) \
  X(offsetof(MDBX_cache_entry_t, offset), 16) \
  X(offsetof(MDBX_cache_entry_t, length), 24) \
  X(sizeof(MDBX_cache_result_t), 8) \
  X(offsetof(MDBX_cache_result_t, errcode), 0) \
  X(offsetof(MDBX_cache_result_t, status), 4) \
  X(sizeof(MDBX_chk_line_t), 40) \
  X(offsetof(MDBX_chk_line_t, ctx), 0) \
  X(offsetof(MDBX_chk_line_t, severity), 8) \
  X(offsetof(MDBX_chk_line_t, scope_depth), 9) \
  X(offsetof(MDBX_chk_line_t, empty), 10) \
  X(offsetof(MDBX_chk_line_t, begin), 16) \
  X(offsetof(MDBX_chk_line_t, end), 24) \
  X(offsetof(MDBX_chk_line_t, out), 32) \
  X(sizeof(MDBX_chk_issue_t), 24) \
  X(offsetof(MDBX_chk_issue_t, next), 0) \
  X(offsetof(MDBX_chk_issue_t, count), 8) \
  X(offsetof(MDBX_chk_issue_t, caption), 16) \
  X(sizeof(MDBX_chk_scope_t), 64) \
  X(offsetof(MDBX_chk_scope_t, issues), 0) \
  X(offsetof(MDBX_chk_scope_t, internal), 8) \
  X(offsetof(MDBX_chk_scope_t, object), 16) \
  X(offsetof(MDBX_chk_scope_t, stage), 24) \
  X(offsetof(MDBX_chk_scope_t, verbosity), 28) \
  X(offsetof(MDBX_chk_scope_t, subtotal_issues), 32) \
  X(offsetof(MDBX_chk_scope_t, usr_z), 40) \
  X(offsetof(MDBX_chk_scope_t, usr_v), 48) \
  X(offsetof(MDBX_chk_scope_t, usr_o), 56) \
  X(offsetof(MDBX_chk_scope_t, usr_z.ptr), 40) \
  X(offsetof(MDBX_chk_scope_t, usr_z.number), 40) \
  X(sizeof(struct MDBX_chk_histogram), 320) \
  X(offsetof(struct MDBX_chk_histogram, amount), 0) \
  X(offsetof(struct MDBX_chk_histogram, count), 8) \
  X(offsetof(struct MDBX_chk_histogram, le1_amount), 16) \
  X(offsetof(struct MDBX_chk_histogram, le1_count), 24) \
  X(offsetof(struct MDBX_chk_histogram, ranges[0].begin), 32) \
  X(offsetof(struct MDBX_chk_histogram, ranges[0].end), 40) \
  X(offsetof(struct MDBX_chk_histogram, ranges[0].amount), 48) \
  X(offsetof(struct MDBX_chk_histogram, ranges[0].count), 56) \
  X(offsetof(struct MDBX_chk_histogram, ranges[1].begin), 64) \
  X(offsetof(struct MDBX_chk_histogram, ranges[8].count), 312) \
  X(sizeof(MDBX_chk_table_t), 3312) \
  X(offsetof(MDBX_chk_table_t, cookie), 0) \
  X(offsetof(MDBX_chk_table_t, name), 8) \
  X(offsetof(MDBX_chk_table_t, flags), 24) \
  X(offsetof(MDBX_chk_table_t, id), 28) \
  X(offsetof(MDBX_chk_table_t, payload_bytes), 32) \
  X(offsetof(MDBX_chk_table_t, lost_bytes), 40) \
  X(offsetof(MDBX_chk_table_t, pages.all), 48) \
  X(offsetof(MDBX_chk_table_t, pages.empty), 56) \
  X(offsetof(MDBX_chk_table_t, pages.broken), 64) \
  X(offsetof(MDBX_chk_table_t, pages.branch), 72) \
  X(offsetof(MDBX_chk_table_t, pages.leaf), 80) \
  X(offsetof(MDBX_chk_table_t, pages.nested_branch), 88) \
  X(offsetof(MDBX_chk_table_t, pages.nested_leaf), 96) \
  X(offsetof(MDBX_chk_table_t, pages.nested_subleaf), 104) \
  X(offsetof(MDBX_chk_table_t, histogram.height), 112) \
  X(offsetof(MDBX_chk_table_t, histogram.large_pages), 432) \
  X(offsetof(MDBX_chk_table_t, histogram.nested_height_or_gc_span_length), 752) \
  X(offsetof(MDBX_chk_table_t, histogram.key_len), 1072) \
  X(offsetof(MDBX_chk_table_t, histogram.val_len), 1392) \
  X(offsetof(MDBX_chk_table_t, histogram.multival), 1712) \
  X(offsetof(MDBX_chk_table_t, histogram.tree_density), 2032) \
  X(offsetof(MDBX_chk_table_t, histogram.large_or_nested_density), 2352) \
  X(offsetof(MDBX_chk_table_t, histogram.page_age), 2672) \
  X(offsetof(MDBX_chk_table_t, histogram.pgno), 2992) \
  X(sizeof(MDBX_chk_context_t), 1160) \
  X(offsetof(MDBX_chk_context_t, internal), 0) \
  X(offsetof(MDBX_chk_context_t, env), 8) \
  X(offsetof(MDBX_chk_context_t, txn), 16) \
  X(offsetof(MDBX_chk_context_t, scope), 24) \
  X(offsetof(MDBX_chk_context_t, scope_nesting), 32) \
  X(offsetof(MDBX_chk_context_t, result.total_payload_bytes), 40) \
  X(offsetof(MDBX_chk_context_t, result.table_total), 48) \
  X(offsetof(MDBX_chk_context_t, result.table_processed), 56) \
  X(offsetof(MDBX_chk_context_t, result.total_unused_bytes), 64) \
  X(offsetof(MDBX_chk_context_t, result.unused_pages), 72) \
  X(offsetof(MDBX_chk_context_t, result.processed_pages), 80) \
  X(offsetof(MDBX_chk_context_t, result.reclaimable_pages), 88) \
  X(offsetof(MDBX_chk_context_t, result.gc_pages), 96) \
  X(offsetof(MDBX_chk_context_t, result.alloc_pages), 104) \
  X(offsetof(MDBX_chk_context_t, result.backed_pages), 112) \
  X(offsetof(MDBX_chk_context_t, result.problems_meta), 120) \
  X(offsetof(MDBX_chk_context_t, result.tree_problems), 128) \
  X(offsetof(MDBX_chk_context_t, result.gc_tree_problems), 136) \
  X(offsetof(MDBX_chk_context_t, result.kv_tree_problems), 144) \
  X(offsetof(MDBX_chk_context_t, result.problems_gc), 152) \
  X(offsetof(MDBX_chk_context_t, result.problems_kv), 160) \
  X(offsetof(MDBX_chk_context_t, result.total_problems), 168) \
  X(offsetof(MDBX_chk_context_t, result.steady_txnid), 176) \
  X(offsetof(MDBX_chk_context_t, result.recent_txnid), 184) \
  X(offsetof(MDBX_chk_context_t, result.histogram_page_age), 192) \
  X(offsetof(MDBX_chk_context_t, result.histogram_pgno_payload), 512) \
  X(offsetof(MDBX_chk_context_t, result.histogram_pgno_retained), 832) \
  X(offsetof(MDBX_chk_context_t, result.tables), 1152) \
  X(sizeof(MDBX_chk_callbacks_t), 136) \
  X(offsetof(MDBX_chk_callbacks_t, check_break), 0) \
  X(offsetof(MDBX_chk_callbacks_t, scope_push), 8) \
  X(offsetof(MDBX_chk_callbacks_t, scope_conclude), 16) \
  X(offsetof(MDBX_chk_callbacks_t, scope_pop), 24) \
  X(offsetof(MDBX_chk_callbacks_t, issue), 32) \
  X(offsetof(MDBX_chk_callbacks_t, table_filter), 40) \
  X(offsetof(MDBX_chk_callbacks_t, table_conclude), 48) \
  X(offsetof(MDBX_chk_callbacks_t, table_dispose), 56) \
  X(offsetof(MDBX_chk_callbacks_t, table_handle_kv), 64) \
  X(offsetof(MDBX_chk_callbacks_t, stage_begin), 72) \
  X(offsetof(MDBX_chk_callbacks_t, stage_end), 80) \
  X(offsetof(MDBX_chk_callbacks_t, print_begin), 88) \
  X(offsetof(MDBX_chk_callbacks_t, print_flush), 96) \
  X(offsetof(MDBX_chk_callbacks_t, print_done), 104) \
  X(offsetof(MDBX_chk_callbacks_t, print_chars), 112) \
  X(offsetof(MDBX_chk_callbacks_t, print_format), 120) \
  X(offsetof(MDBX_chk_callbacks_t, print_size), 128) \
  X(sizeof(MDBX_gc_info_t), 696) \
  X(offsetof(MDBX_gc_info_t, pages_total), 0) \
  X(offsetof(MDBX_gc_info_t, pages_backed), 8) \
  X(offsetof(MDBX_gc_info_t, pages_allocated), 16) \
  X(offsetof(MDBX_gc_info_t, pages_gc), 24) \
  X(offsetof(MDBX_gc_info_t, gc_reclaimable.pages), 32) \
  X(offsetof(MDBX_gc_info_t, gc_reclaimable.span_histogram), 40) \
  X(offsetof(MDBX_gc_info_t, gc_reclaimable.pgno_distribution), 360) \
  X(offsetof(MDBX_gc_info_t, max_reader_lag), 680) \
  X(offsetof(MDBX_gc_info_t, max_retained_pages), 688) \
  X(sizeof(MDBX_defrag_result_t), 104) \
  X(offsetof(MDBX_defrag_result_t, pages_shrinked), 0) \
  X(offsetof(MDBX_defrag_result_t, pages_moved), 8) \
  X(offsetof(MDBX_defrag_result_t, pages_scheduled), 16) \
  X(offsetof(MDBX_defrag_result_t, pages_retained), 24) \
  X(offsetof(MDBX_defrag_result_t, pages_left), 32) \
  X(offsetof(MDBX_defrag_result_t, pages_whole), 40) \
  X(offsetof(MDBX_defrag_result_t, obstructed_pgno), 48) \
  X(offsetof(MDBX_defrag_result_t, obstructed_span), 56) \
  X(offsetof(MDBX_defrag_result_t, obstructed_txnid), 64) \
  X(offsetof(MDBX_defrag_result_t, obstructor_tid), 72) \
  X(offsetof(MDBX_defrag_result_t, obstructor_pid), 80) \
  X(offsetof(MDBX_defrag_result_t, rough_estimation_cycle_progress_permille), 84) \
  X(offsetof(MDBX_defrag_result_t, cycles), 88) \
  X(offsetof(MDBX_defrag_result_t, stopping_reasons), 92) \
  X(offsetof(MDBX_defrag_result_t, spent_time_dot16), 96) \
  X(sizeof(mdbx_filehandle_t), 4) \
  X(sizeof(mdbx_pid_t), 4) \
  X(sizeof(mdbx_tid_t), 8) \
  X(sizeof(mdbx_mode_t), 4) \
  X(sizeof(MDBX_dbi), 4) \
  X(sizeof(MDBX_env_flags_t), 4) \
  X(sizeof(MDBX_txn_flags_t), 4) \
  X(sizeof(MDBX_db_flags_t), 4) \
  X(sizeof(MDBX_put_flags_t), 4) \
  X(sizeof(MDBX_dbi_state_t), 4) \
  X(sizeof(MDBX_copy_flags_t), 4) \
  X(sizeof(MDBX_env_delete_mode_t), 4) \
  X(sizeof(MDBX_warmup_flags_t), 4) \
  X(sizeof(MDBX_chk_flags_t), 4) \
  X(sizeof(MDBX_cursor_op), 4) \
  X(sizeof(MDBX_bunch_action_t), 4) \
  X(sizeof(MDBX_cache_status_t), 4) \
  X(sizeof(MDBX_log_level_t), 4) \
  X(sizeof(MDBX_debug_flags_t), 4) \
  X(sizeof(MDBX_chk_severity_t), 4) \
  X(sizeof(MDBX_chk_stage_t), 4) \
  X(sizeof(MDBX_defrag_stopping_reasons_t), 4) \
  X(sizeof(MDBX_option_t), 4) \
  X(sizeof(MDBX_error_t), 4)

#endif
