/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/macro.h"

/* Numbers and words from foreign text. Strict: no white space, sign or base prefix unless said, the whole
 * string must be consumed. -EINVAL: not of the form; -ERANGE: of the form but out of range. */

/* The value of a hexadecimal digit of either case. */
int parse_hex_digit(char c);
int parse_u64(const char *s, uint64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_i64(const char *s, int64_t *ret);
/* 0 .. 2^32-2 (a uid_t or gid_t that is not "unset"). */
int parse_uid(const char *s, uid_t *ret);
/* Octal, 0 .. 07777. */
int parse_mode(const char *s, mode_t *ret);
/* "true false yes no 1 0 on off t f", any case. */
int parse_boolean(const char *s);
/* systemd.time(7) spans ("5s", "1min 30s", a bare number is seconds) in microseconds. */
int parse_sec(const char *s, uint64_t *ret_usec);
/* Go's time.ParseDuration ("30m0s", "1h15m30.918s", "-1.5h", "0"), as rkt's flags take them, in
 * microseconds. */
int parse_go_duration(const char *s, int64_t *ret_usec);
/* Bytes with K M G T (powers of 1024) as in systemd unit files. */
int parse_size(const char *s, uint64_t *ret_bytes);
