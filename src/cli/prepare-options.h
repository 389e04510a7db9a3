/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/app-args.h"
#include "cli/pod-args.h"

/* What rkt run and rkt prepare have in common: everything that goes into the pod manifest. */

typedef struct PrepareOptions {
        PodSpec spec;
        bool store_only, no_store;
        char *pull_policy;
        char **unsupported;
} PrepareOptions;

/* Rows for a struct that has a PrepareOptions named member; spliced into the verb's table. */
#define PREPARE_OPTION_ROWS(type, member) \
        { "inherit-env", 0, OPTION_BOOLEAN, offsetof(type, member.spec.inherit_env), NULL, \
          "Pass on environment variables that no app sets", "false" }, \
        { "mount", 0, OPTION_STRV, offsetof(type, member.spec.mounts), "volume=NAME,target=PATH", \
          "Mount of a volume in every app (before the first image)" }, \
        { "no-overlay", 0, OPTION_BOOLEAN, offsetof(type, member.spec.no_overlay), NULL, \
          "Copy images instead of mounting overlays", "false" }, \
        { "no-store", 0, OPTION_BOOLEAN, offsetof(type, member.no_store), NULL, \
          "Fetch ignoring the local store", .hidden = true, \
          .deprecated = "please use --pull-policy=update" }, \
        { "pod-manifest", 0, OPTION_STRING, offsetof(type, member.spec.pod_manifest), "PATH", \
          "Pod manifest to use in place of images" }, \
        { "pull-policy", 0, OPTION_STRING, offsetof(type, member.pull_policy), "new|never|update", \
          "When to fetch an image", "new" }, \
        { "set-env", 0, OPTION_STRV, offsetof(type, member.spec.set_env), "NAME=VALUE", \
          "Environment variable for all apps" }, \
        { "set-env-file", 0, OPTION_STRV, offsetof(type, member.spec.set_env_files), "PATH", \
          "File with environment variables for all apps" }, \
        { "store-only", 0, OPTION_BOOLEAN, offsetof(type, member.store_only), NULL, \
          "Use only images of the local store", .hidden = true, \
          .deprecated = "please use --pull-policy=never" }, \
        { "volume", 0, OPTION_STRV, offsetof(type, member.spec.volumes), "NAME,kind=KIND,…", \
          "Volume of the pod" }, \
        { "port", 0, OPTION_STRV, offsetof(type, member.unsupported), "NAME:[IP:]HOSTPORT", \
          "Port to expose on the host", .unsupported = true }, \
        { "private-users", 0, OPTION_BOOLEAN, 0, NULL, "Run within user namespaces", .unsupported = true }, \
        { "stage1-from-dir", 0, OPTION_STRING, 0, "NAME", "Stage1 image file by name", \
          .unsupported = true }, \
        { "stage1-hash", 0, OPTION_STRING, 0, "ID", "Stage1 image by id", .unsupported = true }, \
        { "stage1-name", 0, OPTION_STRING, 0, "NAME", "Stage1 image by name", .unsupported = true }, \
        { "stage1-path", 0, OPTION_STRING, 0, "PATH", "Stage1 image by path", .unsupported = true }, \
        { "stage1-url", 0, OPTION_STRING, 0, "URL", "Stage1 image by URL", .unsupported = true }

/* Checks what the flags say together (conflicts with --pod-manifest, at least one image). */
int prepare_options_check(const PrepareOptions *o, Diag *diag);
/* Opens the store, fetches and prepares. The pod comes back in phase prepare, locked. */
int prepare_options_prepare(Cli *c, const PrepareOptions *o, Pod **ret, Diag *diag);
