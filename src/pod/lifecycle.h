/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "layout/stage1.h"
#include "pod/pod.h"
#include "pod/spec.h"

/* The verbs on pods. All of them name in diag what they did to which pod; none logs. */

/* What all of them need. Borrowed members. */
typedef struct PodContext {
        int data_dir_fd;
        const Paths *paths;
        ImageStore *store;     /* may be NULL where no image is touched */
        InsecureFlags insecure;
        bool debug;            /* --debug for stage1's entrypoints */
        /* What a user should know though nothing failed, one line. May be NULL. */
        void (*notify)(const char *text, void *userdata);
        void *userdata;
} PodContext;

/* prepare: fetch what is missing, write the manifest, lay out stage1 and apps. On success the pod is still
 * in phase prepare, locked; the caller moves it to prepared or runs it. On failure a failed prepare
 * remains, for gc. image_ids: strv in the apps' order when they are known already (from ready_load()), or
 * NULL. */
typedef struct PrepareArgs {
        const PodSpec *spec;
        char *const *image_ids;
        const FetchArgs *fetch;
} PrepareArgs;
int pod_prepare(const PodContext *c, const PrepareArgs *a, Pod **ret, Diag *diag);

/* run: moves the pod (of phase prepare or prepared, locked) to phase run, mounts, then executes stage1's
 * entrypoint in this process, with the lock. Returns only on failure, with the mounts undone and, once
 * pod_close() has given up the lock, the pod as an exited one that gc finds. */
typedef struct RunArgs {
        Stage1RunArgs stage1;
        const char *machine_name; /* NULL: rkt-UUID */
        const char *unit;         /* "pod@NAME.service" or NULL */
        int machine_fd;           /* from machine_lock(), held as long as the pod runs; or -EBADF */
} RunArgs;
int pod_run(const PodContext *c, Pod *p, const RunArgs *a, Diag *diag);

/* Asks stage1 to end it, in order or by force; does not wait for its end. -EALREADY: it has exited;
 * -ESRCH: it never ran. */
int pod_stop(const PodContext *c, Pod *p, bool force, Diag *diag);

/* Removes a pod of any state but those in which somebody works on it: -EBUSY if it runs, is being prepared
 * or being deleted. -ENOENT: somebody else removed it first. */
int pod_remove(const PodContext *c, Pod *p, Diag *diag);

typedef struct PodGcArgs {
        usec_t grace_period, expire_prepared;
        bool mark_only;
        void (*notify)(const char *text, void *userdata); /* `Moving pod "UUID" to garbage`, … */
        void *userdata;
} PodGcArgs;
/* One failing pod does not stop the others; the first error is returned, in diag, at the end. */
int pods_gc(const PodContext *c, const PodGcArgs *a, Diag *diag);

typedef struct AppStatus {
        char *name, *image_name, *image_id;
        int exit_code; /* -1: none yet */
} AppStatus;

typedef struct PodStatus {
        char *uuid;
        PodState state;
        usec_t created, started; /* 0: not yet */
        pid_t pid; /* of PID 1 in a pod that runs; of one that ran, what is in its files; 0: not known */
        char *machine, *unit;
        char *networks;          /* as lists print it, "default:ip4=…", may be "" */
        AppStatus *apps;
        size_t n_apps;
} PodStatus;

void pod_status_done(PodStatus *s);
/* -ENOENT: gone; -EBADMSG and others: what is on disk cannot be read, with diag. */
int pod_get_status(Pod *p, PodStatus *ret, Diag *diag);
/* For long lists: the part of it that takes little time, without pid, machine, unit and exit codes. state: as
 * pods_foreach() says. */
int pod_get_summary(Pod *p, PodState state, PodStatus *ret, Diag *diag);

/* Waits until it has exited (ready: until its apps are started). -ETIMEDOUT; timeout_usec: USEC_INFINITY. */
int pod_wait(Pod *p, bool ready, usec_t timeout_usec, Diag *diag);

/* Pid of PID 1 in the pod, waiting a short while for a pod that is only just starting. -ESRCH. */
int pod_get_pid(Pod *p, pid_t *ret, Diag *diag);
/* Executes the enter entrypoint in this process; returns only on failure. app NULL: the only one;
 * -ENOTUNIQ: there are several; -ENOENT: no such app; -ESRCH: the pod does not run. */
int pod_enter(const PodContext *c, Pod *p, const char *app, char *const *command, Diag *diag);
