/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system call filter of the whole pod, systemd and apps alike: made at build time, so that nothing is
 * compiled at start. What it refuses is refused to root, whatever an app's own filter says. */

/* Installs it in this process, for good. */
int pod_filter_install(void);
