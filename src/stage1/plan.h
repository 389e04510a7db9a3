/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/image-manifest.h"
#include "appc/pod-manifest.h"
#include "basic/time-util.h"
#include "layout/stage1.h"
#include "stage1/accounts.h"
#include "stage1/syscall-filter.h"

/* What stage1 is going to run, with everything resolved: made from the manifests and from what they refer
 * to in the apps' root file systems, before anything is written. All strings are owned. */

#define POD_STOP_TIMEOUT_DEFAULT (30 * USEC_PER_SEC)

/* What an app gets whose image and pod set no PATH. */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* One volume in one app. */
typedef struct MountPlan {
        char *volume;     /* its name, for messages */
        char *source;     /* absolute, on the host; of an empty volume: in the pod directory */
        char *path;       /* absolute in the app's root, as the manifest says */
        char *target;     /* the same with symlinks resolved; set by mounts_prepare() */
        bool read_only, recursive;
        bool implicit;    /* nobody gave one: the image's own directory is the volume, source is NULL */
        bool late;        /* target is where the app gets a file system of its own; set by mounts_prepare() */
} MountPlan;

typedef struct AppPlan {
        char *name;
        char *image_name;         /* or NULL */
        char **exec;              /* argv; [0] is absolute */
        char **pre_start, **post_stop; /* argv or NULL */
        char *working_directory;
        char **environment;       /* NAME=VALUE, complete */
        Account account;
        gid_t *groups;            /* supplementary */
        size_t n_groups;
        uint64_t capabilities;    /* bounding set, bits (1 << CAP_x) */
        SyscallFilter filter;
        bool no_new_privileges, read_only_rootfs, notify;
        AppLimits limits;
        MountPlan *mounts;
        size_t n_mounts;
        char *restart;            /* systemd's Restart=, or NULL */
        usec_t restart_usec;      /* USEC_INFINITY: not said */
        char **after, **requires; /* app names */
} AppPlan;

typedef struct PodPlan {
        char *uuid;
        char *machine;            /* name for machined */
        char *hostname;
        bool private_network, debug;
        bool interactive;         /* the app has the pod's console */
        bool terminal;            /* and there is somebody at it; set by the caller */
        bool all_capabilities, unprotected_paths;
        usec_t stop_timeout;
        AppPlan *apps;
        size_t n_apps;
} PodPlan;

void pod_plan_done(PodPlan *p);

/* The inputs. pod_fd: pods/run/UUID; pod_path: its absolute path; images: one for each app of the manifest,
 * in its order. */
typedef struct PlanInput {
        int pod_fd;
        const char *pod_path;
        const Stage1RunArgs *args;
        const PodManifest *manifest;
        ImageManifest *const *images;
        const char *machine; /* or NULL: "rkt-UUID" */
} PlanInput;

int pod_plan_make(const PlanInput *in, PodPlan *ret, Diag *diag);

/* Steps of it. rootfs_fd: the app's. */
int app_plan_mounts(const PlanInput *in, const RuntimeApp *ra, const App *app, AppPlan *ret, Diag *diag);
int app_plan_exec(int rootfs_fd, const App *app, AppPlan *ret, Diag *diag);
int app_plan_unit_settings(const PlanInput *in, const RuntimeApp *ra, AppPlan *ret, Diag *diag);

/* A copy of path, simplified. NULL: out of memory. */
char *plan_path(const char *path);
/* The app's root; -ENOENT. */
int app_rootfs_open(int pod_fd, const char *app_name, Diag *diag);
