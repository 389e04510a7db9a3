/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"
#include "basic/strv.h"

/* The contract between stage0 (rkt, pod/) and stage1 (stage1/), by the stage1 implementor's guide, interface
 * version 5. stage0 changes directory to pods/run/UUID and executes STAGE1_ROOTFS + entrypoint from there. */

#define STAGE1_INTERFACE_VERSION 5

/* Annotations of the stage1 image manifest. */
#define STAGE1_ANNOTATION_RUN "coreos.com/rkt/stage1/run"
#define STAGE1_ANNOTATION_ENTER "coreos.com/rkt/stage1/enter"
#define STAGE1_ANNOTATION_GC "coreos.com/rkt/stage1/gc"
#define STAGE1_ANNOTATION_STOP "coreos.com/rkt/stage1/stop"
#define STAGE1_ANNOTATION_INTERFACE_VERSION "coreos.com/rkt/stage1/interface-version"

#define STAGE1_ENV_LOCK_FD "RKT_LOCK_FD" /* decimal fd of the locked pod directory, no CLOEXEC */
#define STAGE1_ENV_SELINUX_CONTEXT "RKT_SELINUX_CONTEXT"
#define STAGE1_ENV_SELINUX_MOUNT_CONTEXT "RKT_SELINUX_MOUNT_CONTEXT"

/* Relative to stage1's root. */
#define STAGE1_APPS_DIR "opt/stage2"                     /* opt/stage2/APP/rootfs */
#define STAGE1_STATUS_DIR "rkt/status"                   /* rkt/status/APP: exit code, decimal, newline */
#define STAGE1_READY_PATH "rkt/supervisor-ready"         /* there from the start of the apps to their stop */
#define STAGE1_STARTED_DIR "rkt/apps"                    /* stage1's own notes on an app */
#define STAGE1_JOURNAL_DIR "var/log/journal"

/* What stage0 hands to the run entrypoint; the same struct on both sides of the exec. */
typedef struct Stage1RunArgs {
        bool debug;
        bool interactive;
        char *net;          /* "host", "none" */
        char *local_config; /* directory */
        char *hostname;     /* or NULL: stage1's default, "rkt-UUID" */
        char *dns_conf_mode; /* "resolv=default,hosts=default" or NULL */
        bool disable_capabilities_restriction, disable_paths, disable_seccomp;
        bool mutable_pod;
        char *uuid;
} Stage1RunArgs;

void stage1_run_args_done(Stage1RunArgs *a);
/* The argument vector for it (argv[0] = entrypoint), the caller's. Interface versions below 2, 3, 4 do not
 * get the arguments that those versions brought. */
int stage1_run_args_format(const Stage1RunArgs *a, const char *entrypoint, unsigned interface_version,
                           char ***ret);
int stage1_run_args_parse(int argc, char *const *argv, Stage1RunArgs *ret, Diag *diag);

/* "--pid=PID --appname=NAME -- CMD ARGS…" */
typedef struct Stage1EnterArgs {
        int64_t pid;
        char *app_name;
        char **command; /* strv */
} Stage1EnterArgs;

void stage1_enter_args_done(Stage1EnterArgs *a);
int stage1_enter_args_format(const Stage1EnterArgs *a, const char *entrypoint, char ***ret);
int stage1_enter_args_parse(int argc, char *const *argv, Stage1EnterArgs *ret, Diag *diag);

/* gc: "[--debug] [--local-config=DIR] UUID"; stop: "[--debug] [--force] UUID". */
typedef struct Stage1UuidArgs {
        bool debug, force;
        char *local_config;
        char *uuid;
} Stage1UuidArgs;

void stage1_uuid_args_done(Stage1UuidArgs *a);
int stage1_uuid_args_format(const Stage1UuidArgs *a, const char *entrypoint, char ***ret);
int stage1_uuid_args_parse(int argc, char *const *argv, Stage1UuidArgs *ret, Diag *diag);

/* Entry points of a stage1 image. */
typedef struct Stage1Entrypoints {
        char *run, *enter, *gc, *stop; /* absolute within stage1's root; NULL: not there (run is required) */
        unsigned interface_version;
} Stage1Entrypoints;

void stage1_entrypoints_done(Stage1Entrypoints *e);
/* Reads POD_STAGE1_MANIFEST below the pod directory. */
int stage1_entrypoints_load(int pod_fd, Stage1Entrypoints *ret, Diag *diag);

/* An app's exit status file. -ENOENT: still running or never run; -EBADMSG. */
int stage1_status_read(int rootfs_fd, const char *app, int *ret_code);
int stage1_status_write(int rootfs_fd, const char *app, int code);
