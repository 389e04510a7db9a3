/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/time-util.h"

/* Messages to the service manager, sd_notify(3); nothing happens when not run by one. */

/* The status line says that images are being fetched; the start may take this much longer. */
void service_notify_fetching(const char *pod_name, usec_t timeout_usec);
/* The status line of the failed unit says why. */
void service_notify_failure(const Diag *d, int error);
