#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/calls.sh: only src/os talks to the system. Elsewhere in the engine
# neither a system call, a call for files, threads or time, nor the header that
# declares them may appear: tests replace the os layer and must see everything.
. "$(dirname "$0")/common.sh"
lint_temporary

# Standard error is the last resort of the log, hence fprintf is not listed.
calls='access chmod clock_gettime clock_nanosleep close closedir copy_file_range creat dup dup2 execve execvp exit _exit
fallocate fclose fcntl fdatasync fdopen fflush fgets flock fopen fork fputc fputs fread freopen fseek fstat fstatfs
fstatvfs fstat64 fsync ftruncate ftruncate64 futex fwrite getcwd getenv secure_getenv getline getpagesize getpid getppid
getrandom getrlimit getrusage gettid gettimeofday ioctl kill link linkat lockf lseek lstat madvise mincore mkdir mkstemp
mkdtemp mlock mmap mprotect mremap msync munlock munmap nanosleep open openat opendir pipe poll popen posix_fadvise
posix_fallocate posix_madvise prctl pread preadv printf pthread_atfork pthread_create pthread_getspecific pthread_join
pthread_key_create pthread_key_delete pthread_kill pthread_once pthread_self pthread_setspecific putc putchar puts pwrite
pwritev pwritev2 raise read readdir readlink readv realpath remove rename renameat rmdir sched_yield select sendfile
setenv setrlimit setvbuf sigaction signal sigprocmask sleep splice stat statfs statvfs sync sync_file_range syncfs
syscall sysconf sysinfo system tgkill time times tmpfile truncate umask uname unlink unlinkat usleep vfork vprintf wait
waitpid write writev'
headers='aio.h dirent.h fcntl.h linux/.* poll.h pwd.h sched.h signal.h sys/file.h sys/ioctl.h sys/mman.h sys/prctl.h
sys/resource.h sys/sendfile.h sys/shm.h sys/stat.h sys/statfs.h sys/statvfs.h sys/syscall.h sys/sysinfo.h sys/time.h
sys/utsname.h sys/vfs.h sys/wait.h time.h unistd.h'

check_calls() {
  awk -v calls="$calls" -v headers="$headers" '
    BEGIN {
      count = split(calls, list)
      for (i = 1; i <= count; ++i) forbidden[list[i]] = 1
      count = split(headers, list)
      pattern = list[1]
      for (i = 2; i <= count; ++i) pattern = pattern "|" list[i]
      pattern = "include[ \t]*<(" pattern ")>"
    }
    {
      split($0, part, ":")
      where = part[1] ":" part[2]
      text = substr($0, length(where) + 2)
      if (text ~ pattern) print where ": only src/os may include this:" text
      if (text ~ /^[ \t]*#[ \t]*include/) next
      # Each identifier with a parenthesis behind it that is no member.
      while (match(text, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        name = substr(text, RSTART, RLENGTH - 1)
        gsub(/[ \t]/, "", name)
        before = RSTART > 1 ? substr(text, RSTART - 1, 1) : " "
        arrow = RSTART > 2 ? substr(text, RSTART - 2, 2) : "  "
        member = (before == "." || arrow == "->")
        if (!member && (name in forbidden || name ~ /^pthread_(mutex|rwlock|cond|spin|barrier)/))
          print where ": only src/os may call " name "()"
        text = substr(text, RSTART + RLENGTH)
      }
    }'
}

files=$(lint_sources src | grep -v "^$LINT_ROOT/src/os/")
[ -n "$files" ] || { echo "no sources"; exit 0; }
awk -f "$lint_dir/strip.awk" $files | check_calls >"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
