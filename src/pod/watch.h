/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/pod.h"

/* Waiting until something happens to a pod: it moves to another phase, its lock is given up, files appear
 * in its directory or where stage1 says that it is ready. */

typedef struct PodWatch PodWatch;

int pod_watch_new(Pod *p, PodWatch **ret);
PodWatch *pod_watch_free(PodWatch *w);
DEFINE_POINTER_CLEANUP(PodWatch *, pod_watch_free)

/* Watches for what can happen to the pod as it is now. Then look at the pod, then wait: whatever happened
 * since this call ends the wait. -ENOENT: gone. */
int pod_watch_arm(PodWatch *w);
/* deadline: CLOCK_MONOTONIC. 0: something happened, maybe of no interest; -ETIMEDOUT. Arms if that was not
 * done. */
int pod_watch_wait(PodWatch *w, usec_t deadline);
