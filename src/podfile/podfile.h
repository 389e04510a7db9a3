/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/strv.h"
#include "basic/time-util.h"

/* The pod file, rkt.pod(5): model, loading with drop-ins, checking. Values keep the user's words; who uses them
 * parses their inner grammar, which podfile_check() has done once before, so that it cannot fail later. */

#define POD_NAME_MAX 64

typedef struct PodFileApp {
        char *name;           /* given, or NULL: from the image's name, once that is known */
        char *image, *signature;
        char **exec, **args;  /* words; exec NULL: the image's */
        char *working_directory;
        char **environment;   /* NAME=VALUE */
        char **environment_files;
        char **mounts;        /* appc's syntax: "volume=NAME,target=PATH" */
        char **after, **requires;
        char *restart;        /* systemd's word, or NULL */
        char *restart_sec;
        char *cpu, *memory;   /* quantities */
        char *stdin_mode, *stdout_mode, *stderr_mode;
        unsigned line;        /* of its [App] header */
        char *file;
} PodFileApp;

typedef struct PodFileLine { /* a line of [Unit], [Service] or [Install], passed on verbatim */
        char *section, *key, *value;
        char *file;
        unsigned line;
} PodFileLine;

typedef struct PodFile {
        char *name;           /* NAME, or NAME@INSTANCE */
        char *path;           /* of the main file */
        char *machine_name, *hostname;
        char **nets;
        char **volumes;       /* appc's volume syntax */
        char **environment, **environment_files;
        bool inherit_environment;
        bool overlay;
        char **insecure_options;
        usec_t stop_timeout;
        bool unknown_key_warns;
        PodFileApp *apps;
        size_t n_apps;
        PodFileLine *lines;
        size_t n_lines;
        /* Whether a host limit key of [Pod] etc. was given stands in lines as section "Service". */
} PodFile;

PodFile *podfile_free(PodFile *p);
DEFINE_POINTER_CLEANUP(PodFile *, podfile_free)

/* One finding; a list of them is what "rkt pod verify" prints. */
typedef enum FindingLevel {
        FINDING_ERROR,
        FINDING_WARNING,
} FindingLevel;

typedef struct Finding {
        FindingLevel level;
        char *file;
        unsigned line, column;
        char *message; /* with the hint, if any, after "; " */
} Finding;

typedef struct FindingList {
        Finding *items;
        size_t n;
} FindingList;

void finding_list_done(FindingList *l);

bool pod_name_is_valid(const char *name);

/* Finds NAME.pod (or its template's file) in dirs (strv, highest first), reads it with its drop-ins and checks
 * all of it. -ENOENT: no such file; -ERFKILL: masked; -EBADMSG: errors, the first of which is in diag and all in
 * findings (may be NULL). Warnings alone: 0. */
int podfile_load(char *const *dirs, const char *name, PodFile **ret, FindingList *findings, Diag *diag);
/* The same for one file by path, with no drop-ins. */
int podfile_load_file(const char *path, PodFile **ret, FindingList *findings, Diag *diag);
/* All names declared in dirs, sorted, templates as "NAME@". */
int podfile_list(char *const *dirs, char ***ret);
