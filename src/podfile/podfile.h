/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/strv.h"
#include "basic/time-util.h"
#include "podfile/finding.h"
#include "podfile/name.h"

/* The pod file, rkt.pod(5): model, loading with drop-ins, checking. Values keep the user's words, with
 * specifiers expanded; who uses them parses their inner grammar, which loading has done once before, so that
 * it cannot fail later. Strings and vectors are owned; a vector that was not given is NULL. */

typedef struct PodFileApp {
        char *name;           /* given, or NULL: from the image's name, once that is known */
        char *image;          /* reference; a path is absolute */
        char *signature;      /* absolute path */
        char **exec, **args;  /* words, any UTF-8 text; exec NULL: the image's; args are appended */
        char *working_directory; /* absolute */
        char **environment;   /* NAME=VALUE, unique by NAME */
        char **environment_files; /* absolute paths */
        char **mounts; /* appc's syntax: "volume=NAME,target=PATH"; each NAME is one of the pod's volumes */
        char **read_only_mounts; /* those PATHs of mounts that were given with ":ro" */
        char **after, **requires; /* app names */
        char *restart;        /* systemd's word, or NULL */
        char *restart_sec;    /* a time span, systemd.time(7), or NULL */
        char *cpu, *memory;   /* quantities, or NULL */
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
        char **dropins;       /* paths of the drop-ins that were read, in that order */
        char *machine_name, *hostname; /* never NULL: NAME with "-" for "@" if not given */
        char **nets;          /* "host" or "none": exactly one */
        char **volumes;       /* appc's volume syntax */
        char **environment, **environment_files;
        bool inherit_environment;
        bool overlay;
        char **insecure_options; /* names as --insecure-options takes them */
        usec_t stop_timeout;  /* TERM to KILL inside; USEC_INFINITY: never */
        PodFileApp *apps;
        size_t n_apps;
        PodFileLine *lines;
        size_t n_lines;
} PodFile;

PodFile *podfile_free(PodFile *p);
DEFINE_POINTER_CLEANUP(PodFile *, podfile_free)

/* Finds NAME.pod (or its template's file) in dirs (strv, highest first), reads it with its drop-ins and
 * checks all of it. -EINVAL: no valid name, or a template's name without instance; -ENOENT: no such file;
 * -ERFKILL: masked; -EBADMSG: errors, the first of which is in diag and all in findings (may be NULL).
 * Warnings alone: 0. */
int podfile_load(char *const *dirs, const char *name, PodFile **ret, FindingList *findings, Diag *diag);
/* The same for one file by path, with no drop-ins. A template is read with the instance "1". */
int podfile_load_file(const char *path, PodFile **ret, FindingList *findings, Diag *diag);
/* All names declared in dirs, sorted, templates as "NAME@"; masked ones are left out. */
int podfile_list(char *const *dirs, char ***ret);
/* Checks every file of podfile_list(), with its drop-ins, and that every drop-in directory has its pod file.
 * What is wrong is in findings; the return value is negative only if looking failed. */
int podfile_verify_all(char *const *dirs, FindingList *findings, Diag *diag);

/* Whether an Image= is fetched over the network, and the host path it names (inside image; NULL: none). */
bool podfile_image_is_remote(const char *image);
const char *podfile_image_path(const char *image);
