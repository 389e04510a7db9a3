/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/pod.h"

/* How long something lasts, told so that neither a clock that is set nor a power cut makes a young pod
 * old. */

#define STAMP_MAX 64

/* The present moment as "BOOT-ID MICROSECONDS", the latter of CLOCK_BOOTTIME; returns its length. */
int stamp_now(char ret[STAMP_MAX]);
/* Microseconds since a stamp; -ESTALE: another boot's; -EBADMSG. */
int stamp_age(const char *stamp, usec_t *ret);

/* Remembers in the pod that it was marked just now. */
int pod_stamp(Pod *p);
/* Microseconds since the pod entered its phase. */
int pod_age(Pod *p, usec_t *ret);
