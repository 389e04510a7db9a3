/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Time: usec_t is microseconds; wall-clock values are since the epoch. */

typedef uint64_t usec_t;
#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL
#define USEC_INFINITY UINT64_MAX

usec_t now_usec(clockid_t clock);
usec_t timespec_to_usec(const struct timespec *ts);

/* Local time in Go's layout "2006-01-02 15:04:05.999 -0700 MST", trailing zeros of the fraction dropped. */
char *format_timestamp(usec_t t);
/* RFC 3339 with nanoseconds as Go's encoding/json prints a time.Time. */
char *format_timestamp_rfc3339(usec_t t);
/* How long ago, as rkt's lists say it (go-humanize): "now", "41 seconds ago", "2 minutes ago", "6 days
 * ago". */
char *format_ago(usec_t t, usec_t now);
/* Go's time.Duration String(): "24h0m0s", "1.5s". */
char *format_go_duration(int64_t usec);
/* IEC size as rkt's image list prints it: "12MiB". */
char *format_iec(uint64_t bytes);
