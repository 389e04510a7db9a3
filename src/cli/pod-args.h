/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/verb.h"
#include "pod/lifecycle.h"

/* What the verbs on pods share. */

/* UUIDs from the arguments, or the one in the file --uuid-file. Exactly one source must be given. */
int pod_args_uuids(const char *uuid_file, char *const *args, char ***ret, Diag *diag);
/* The one pod that is meant; opens the data directory. */
int pod_args_open(Cli *c, const char *uuid_file, char *const *args, Pod **ret, Diag *diag);
/* For verbs on several pods: opens each and calls f. What fails is reported at once and does not stop the
 * others. ret_failed: how many did. A negative return: there is nothing to work on. */
typedef int (*PodHandler)(const PodContext *context, Pod *p, void *userdata, Diag *diag);
typedef struct PodArgsEach {
        const char *uuid_file;
        char *const *args;
        PodHandler handler;
        void *userdata;
} PodArgsEach;
int pod_args_each(Cli *c, const PodArgsEach *e, size_t *ret_failed, Diag *diag);
/* Writes UUID and a newline, atomically. */
int pod_args_save_uuid(const char *file, const char *uuid, Diag *diag);

PodContext pod_context(Cli *c);
/* --net: "host" or "none" (the caller's), everything else is refused by name. */
int pod_args_net(char *const *nets, char **ret, Diag *diag);
/* Lines of the verb itself, on stderr. */
void pod_args_notify(const char *text, void *userdata);
/* Reports as "image: TEXT" on stderr, and draws progress. */
FetchArgs pod_args_fetch(const Cli *c, PullPolicy policy);
/* Fetches the image of one app, with the signature given for it. */
int pod_args_fetch_app(Cli *c, const AppSpec *app, PullPolicy policy, char **ret_id, Diag *diag);
/* --pull-policy with the deprecated --store-only and --no-store. */
int pod_args_pull_policy(const char *policy, PullPolicy fallback, bool store_only, bool no_store,
                         PullPolicy *ret, Diag *diag);
