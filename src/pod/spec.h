/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/pod-manifest.h"
#include "basic/strv.h"
#include "image/fetch.h"
#include "podfile/podfile.h"

/* What a user asks for, whichever way: the flags of rkt run|prepare and the keys of a pod file end up in this one
 * structure, from which the pod manifest is made. So both ways give the same manifest. */

typedef struct AppSpec {
        char *image;            /* reference */
        char *signature;        /* path or NULL */
        char *name;             /* NULL: from the image's name */
        char *exec;             /* --exec: replaces the executable; arguments stay args */
        char **exec_words;      /* pod file's Exec=: the whole command; excludes exec */
        bool has_args;
        char **args;            /* after "--": arguments in place of the image's */
        char **append_args;     /* pod file's Args= without Exec=: appended to the image's command */
        char *working_dir, *user, *group;
        char **environment;     /* NAME=VALUE */
        char **mounts;          /* "volume=NAME,target=PATH" */
        char *memory, *cpu;     /* quantities */
        int read_only_rootfs;   /* 1, 0, -1: not said */
        char **annotations;     /* NAME=VALUE, for unit settings */
} AppSpec;

typedef struct PodSpec {
        AppSpec *apps;
        size_t n_apps;
        char **volumes;         /* appc's volume syntax */
        char **mounts;          /* for all apps */
        char **set_env;         /* NAME=VALUE */
        char **set_env_files;   /* paths */
        bool inherit_env;
        bool no_overlay;
        char *pod_manifest;     /* path, excludes apps */
        char **annotations;     /* of the pod */
        char *stage1;           /* image reference, or NULL: default */
} PodSpec;

void pod_spec_done(PodSpec *s);
AppSpec *pod_spec_add_app(PodSpec *s);
/* The same wish, from a pod file. */
int pod_spec_from_podfile(const PodFile *f, PodSpec *ret, Diag *diag);
