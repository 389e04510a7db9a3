/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* The only place that knows absolute paths. Installation prefixes come from meson (config.h). */

typedef struct Paths {
        char *data_dir;      /* --dir, /var/lib/rkt; "paths" configuration kind may change it */
        char *local_config;  /* --local-config, /etc/rkt */
        char *system_config; /* --system-config, /usr/lib/rkt */
        char *user_config;   /* --user-config, "" */
} Paths;

void paths_done(Paths *p);
/* Defaults for what is NULL, then absolute, normalized forms of all. -EINVAL with diag. */
int paths_complete(Paths *p, Diag *diag);

/* Our helper programs: /usr/lib/rkt/NAME, or $RKT_HELPER_DIR/NAME when not running setuid (for tests from the
 * build tree). */
int paths_helper(const char *name, char **ret);
/* The default stage1 image: file and name, from meson. */
const char *paths_stage1_image(void);
const char *paths_stage1_name(void);
/* Search order for pod files, highest first, NULL-terminated: /run/rkt/pods, /etc/rkt/pods, /usr/lib/rkt/pods. */
char *const *paths_pod_file_dirs(void);

/* Where systemd keeps its private library, by distribution; NULL-terminated. */
char *const *paths_systemd_library_dirs(void);

/* Opens (and for root, creates with the right modes) the data directory. Returns an O_DIRECTORY fd. */
int paths_open_data_dir(const Paths *p, bool create, Diag *diag);
