#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that the library must not call, variables that it may write, and names in the archive.
# usage: symbols.sh SHARED ARCHIVE
set -u
export LC_ALL=C
here=$(dirname "$0")
. "$here/../tap.sh"
shared=$1
archive=$2

# Printing, ending the process, signals, the environment, the locale, the random state of libc, time as a seed.
# uselocale and newlocale are not in the list, because they do not change the locale of the process.
forbidden='printf|vprintf|fprintf|vfprintf|dprintf|vdprintf|__printf_chk|__vprintf_chk|__fprintf_chk|__vfprintf_chk
puts|putchar|putc|fputs|fputc|perror|psignal|syslog|warn|warnx|err|errx|stdout|stderr|stdin
exit|_exit|_Exit|quick_exit|atexit|on_exit|abort|__assert|__assert_fail|__assert_perror_fail
raise|kill|signal|sigaction|sigprocmask|pthread_sigmask|alarm|setitimer
getenv|secure_getenv|setenv|unsetenv|putenv|environ|__environ|setlocale|umask|chdir|setrlimit
rand|srand|random|srandom|initstate|setstate|drand48|lrand48|mrand48|srand48|rand_r|time|gettimeofday
system|popen|fork|vfork|execv|execve|execvp|posix_spawn
fesetround|fesetenv|feenableexcept|json_set_alloc_funcs|json_object_seed'
forbidden=$(echo "$forbidden" | tr '\n' '|')

imports=$(nm -D --undefined-only "$shared" | awk '{ print $2 }' | sed 's/@.*//' | sort -u)
result 'the library imports something' [ -n "$imports" ]
result 'nothing that prints, exits, signals or reads the environment' empty \
	"$(echo "$imports" | grep -xE "(${forbidden%|})")"
# No BLAS is linked, which would bring its threads, its rounding and its size to every process. A context that uses one
# opens it, which is all that dlopen is for (lib/core/blas.c).
result 'no BLAS' empty "$(readelf -d "$shared" | grep -iE 'NEEDED.*(blas|blis|omp)'
	echo "$imports" | grep -E '^(cblas_|[sd]gemm)')"
# crtfastmath.o, which -ffast-math links, sets flush-to-zero in every program that loads the library.
result 'no start-up code that changes the floating-point mode' empty "$(nm "$shared" | grep set_fast_math)"

# Variables in sections that are writable after start-up, including thread-local ones.
writable=$(objdump -t "$shared" | awk -F '\t' '
	{ n = split($1, left, " "); section = left[n]; n = split($2, right, " "); name = right[n] }
	section ~ /^[.](data|bss|tdata|tbss)/ && section !~ /^[.]data[.]rel[.]ro/ && name !~ /^[.]/ { print name }' |
	sed 's/[.][0-9]*$//' | sort -u)
known=$(sed -n 's/^\([a-z_A-Z][a-z_A-Z0-9]*\)[[:space:]].*/\1/p' "$here/writable.txt" | sort -u)
unknown=$(for name in $writable; do echo "$known" | grep -qx "$name" || echo "$name"; done)
gone=$(sed -n '/^# ours/,$s/^\([a-z_A-Z][a-z_A-Z0-9]*\)[[:space:]].*/\1/p' "$here/writable.txt" |
	while read -r name; do echo "$writable" | grep -qx "$name" || echo "$name"; done)
result 'every writable variable is listed in writable.txt' empty "$unknown"
result 'writable.txt names no variable that is gone' empty "$gone"

if [ -n "$archive" ]; then
	result 'global names of the archive start with egm_' empty \
		"$(nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 && $3 !~ /^egm_/ { print $3 }')"
	result 'the archive has the public functions' sh -c \
		"nm -g --defined-only '$archive' 2>/dev/null | grep -q ' T egm_context_create\$'"
fi
plan
