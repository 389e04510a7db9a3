/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/plan.h"

/* Files that stage1 writes for a pod, below stage1's root and into the apps' own. */

/* Per app: what systemd mounts over must be directories, and /etc/hostname, /etc/hosts, /etc/resolv.conf as
 * dns_conf_mode ("resolv=…,hosts=…" or NULL) says. */
int app_files_write(const PodPlan *p, int pod_fd, const char *dns_conf_mode, Diag *diag);

/* In stage1: machine-id, passwd, group, the notes on each app that "enter" reads. */
int stage1_files_write(const PodPlan *p, int stage1_fd, Diag *diag);
