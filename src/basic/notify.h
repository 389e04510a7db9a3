/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/time-util.h"

/* Sends state ("STATUS=…", lines separated by newlines) to the service manager as sd_notify(3) does, without
 * libsystemd, whose loading takes as long as all the rest of a short program. 0 without effect if nobody
 * listens; -EINVAL: $NOTIFY_SOCKET is no socket address; or what socket(2) and sendto(2) say. */
int notify_send(const char *state);
/* Waits until the service manager has taken all that was sent before, sd_notify_barrier(3): what a process
 * says just before it ends may otherwise come too late to be known as its own. timeout: microseconds;
 * -ETIMEDOUT. */
int notify_barrier(usec_t timeout);
