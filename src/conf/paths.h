/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* The only place that knows absolute paths. Installation prefixes come from meson (config.h). */

typedef struct Paths {
        char *data_dir;      /* --dir, /var/lib/rkt; "paths" configuration kind may change it */
        char *local_config;  /* --local-config, /etc/rkt */
        char *system_config; /* --system-config, /usr/lib/rkt */
        char *user_config;   /* --user-config, "" */
        char *stage1_images; /* where --stage1-from-dir looks; "paths" configuration kind */
} Paths;

void paths_done(Paths *p);
/* For what is NULL, what configuration of kind "paths" says, else the default; then absolute, simplified
 * forms of all. -EINVAL, and for a bad configuration file -EBADMSG, -EFBIG or what reading it gave, with
 * diag. */
int paths_complete(Paths *p, Diag *diag);

/* Our helper programs: /usr/lib/rkt/NAME, or $RKT_HELPER_DIR/NAME when not running setuid (for tests from
 * the build tree). -EINVAL: that variable is no absolute path. */
int paths_helper(const char *name, char **ret);
/* The default stage1 image: file and name, from meson. */
const char *paths_stage1_image(void);
const char *paths_stage1_name(void);
/* Search order for pod files, highest first, NULL-terminated: /run/rkt/pods, /etc/rkt/pods,
 * /usr/lib/rkt/pods. */
char *const *paths_pod_file_dirs(void);

/* The drop-in that rkt-generator(8) writes for the unit of a declared pod: the caller's. -ENOMEM. */
int paths_pod_dropin(const char *pod_name, char **ret);

/* Where systemd keeps its private library, by distribution; NULL-terminated. */
char *const *paths_systemd_library_dirs(void);

/* Opens the data directory. create: makes it if it is not there, 0750 and owned by root and group rkt
 * (root, if there is no such group). Returns an O_DIRECTORY fd. -ENOENT, -EACCES, -ENOTDIR with diag. */
int paths_open_data_dir(const Paths *p, bool create, Diag *diag);
