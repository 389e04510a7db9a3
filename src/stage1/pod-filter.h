/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system call filters of the whole pod, systemd and apps alike: made at build time, so that nothing is
 * compiled at start. What they refuse is refused to root, whatever an app's own filter says. Each installs
 * one in this process, for good. */

/* Calls that no pod needs. */
int pod_filter_install(void);
/* Making device nodes. */
int device_filter_install(void);
