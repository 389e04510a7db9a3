/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/pod-manifest.h"
#include "basic/strv.h"
#include "image/fetch.h"
#include "podfile/podfile.h"

/* What a user asks for, whichever way: the flags of rkt run|prepare and the keys of a pod file end up in
 * this one structure, from which the pod manifest is made. So both ways give the same manifest. */

typedef struct AppSpec {
        char *image;            /* reference */
        char *signature;        /* path or NULL */
        char *name;             /* NULL: from the image's name */
        char *exec;             /* --exec: the command is this, then args */
        char **exec_words;      /* pod file's Exec=: the whole command; excludes exec */
        bool has_args;          /* "--" was given, maybe with nothing after it */
        char **args;            /* after "--", pod file's Args=: appended to the command, whosever it is */
        char *working_dir, *user, *group;
        char **environment;     /* NAME=VALUE */
        char **environment_files; /* paths; environment overrides what is in them */
        char **mounts;          /* "volume=NAME,target=PATH" */
        char **read_only_mounts; /* PATHs of mounts that are read-only whatever their volume says */
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

/* The environment of an app, the later over the earlier: the image's; what the parent's has more
 * (inherit_env); set_env_files; set_env; the app's environment_files; the app's environment. */

void pod_spec_done(PodSpec *s);
/* A new one at the end, with nothing said; NULL: out of memory. Moves the array. */
AppSpec *pod_spec_add_app(PodSpec *s);
/* The same wish, from a pod file. */
int pod_spec_from_podfile(const PodFile *f, PodSpec *ret, Diag *diag);

/* What an app's reference turned out to be. Borrowed members. */
typedef struct SpecImage {
        const char *id;
        const ImageManifest *manifest;
} SpecImage;

/* images: one an app, in their order. parent_env: what inherit_env means, or NULL. -EINVAL with diag:
 * whatever does not fit together. */
int pod_spec_to_manifest(const PodSpec *s, const SpecImage *images, char *const *parent_env,
                         PodManifest **ret, Diag *diag);
/* For a manifest from anywhere, in place: checks what holds it together, fills in the images' names, and
 * gives mount points without a volume an empty one. images: one a RuntimeApp. -EINVAL. */
int pod_manifest_complete(PodManifest *m, const SpecImage *images, Diag *diag);
