/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/log.h"
#include "cli/pod-args.h"
#include "image/progress.h"

#define UUID_FILE_MAX 4096

static int read_uuid_file(const char *file, char **ret, Diag *diag) {
        _cleanup_free_ char *text = NULL;

        int r = file_read_at(AT_FDCWD, file, UUID_FILE_MAX, &text, NULL);
        if (r < 0)
                return diag_errno(diag, r, "unable to resolve UUID from file \"%s\"", file);

        *ret = strdup(strstrip(text));
        return *ret ? 0 : -ENOMEM;
}

int pod_args_uuids(const char *uuid_file, char *const *args, char ***ret, Diag *diag) {
        _cleanup_free_ char *uuid = NULL;

        if (uuid_file && args && args[0])
                return diag_set(diag, -EINVAL, "give either --uuid-file or UUIDs, not both");
        if (!uuid_file && (!args || !args[0]))
                return diag_set(diag, -EINVAL, "must provide the UUID of a pod, or --uuid-file=FILE");
        if (!uuid_file) {
                *ret = strv_copy(args);
                return *ret ? 0 : -ENOMEM;
        }

        int r = read_uuid_file(uuid_file, &uuid, diag);
        if (r < 0)
                return r;

        *ret = NULL;
        return strv_consume(ret, TAKE_PTR(uuid));
}

int pod_args_open(Cli *c, const char *uuid_file, char *const *args, Pod **ret, Diag *diag) {
        _cleanup_strv_free_ char **uuids = NULL;

        int r = pod_args_uuids(uuid_file, args, &uuids, diag);
        if (r < 0)
                return r;

        r = cli_open_data_dir(c, /* create= */ false, diag);
        if (r >= 0)
                r = pod_open(c->data_dir_fd, uuids[0], ret, diag);

        return r < 0 && diag_is_set(diag) ? diag_wrap(diag, r, "problem retrieving pod") : r;
}

static int handle_one(Cli *c, const char *uuid, const PodArgsEach *e, Diag *diag) {
        _cleanup_(pod_closep) Pod *pod = NULL;
        const PodContext context = pod_context(c);

        int r = pod_open(c->data_dir_fd, uuid, &pod, diag);
        if (r < 0)
                return diag_wrap(diag, r, "cannot get pod");

        return e->handler(&context, pod, e->userdata, diag);
}

int pod_args_each(Cli *c, const PodArgsEach *e, size_t *ret_failed, Diag *diag) {
        _cleanup_strv_free_ char **uuids = NULL;
        size_t n_failed = 0;

        int r = pod_args_uuids(e->uuid_file, e->args, &uuids, diag);
        if (r >= 0)
                r = cli_open_data_dir(c, /* create= */ false, diag);
        if (r < 0)
                return r;

        STRV_FOREACH(uuid, uuids) {
                _cleanup_diag_ Diag d = {};

                r = handle_one(c, *uuid, e, &d);
                if (r < 0) {
                        log_diag(&d, r);
                        n_failed++;
                }
        }

        *ret_failed = n_failed;
        return 0;
}

int pod_args_save_uuid(const char *file, const char *uuid, Diag *diag) {
        _cleanup_free_ char *line = strjoin(uuid, "\n", NULL);

        if (!line)
                return -ENOMEM;

        int r = file_write_at(AT_FDCWD, file, line, strlen(line), 0644, 0);
        return r < 0 ? diag_errno(diag, r, "error saving pod UUID to file \"%s\"", file) : 0;
}

PodContext pod_context(Cli *c) {
        return (PodContext) {
                .data_dir_fd = c->data_dir_fd,
                .paths = &c->global.paths,
                .store = c->store,
                .insecure = c->insecure,
                .debug = c->global.debug,
                .notify = pod_args_notify,
        };
}

int pod_args_net(char *const *nets, char **ret, Diag *diag) {
        const char *net = nets && nets[0] ? nets[0] : "default";

        if (strv_length(nets) > 1 || (!streq(net, "host") && !streq(net, "none"))) {
                _cleanup_free_ char *all = strv_join(nets, ",");

                diag_set(diag, -EOPNOTSUPP, "network \"%s\" is not supported by this version",
                         isempty(all) ? net : all);
                return diag_hint(diag, -EOPNOTSUPP, "use --net=host or --net=none");
        }

        *ret = strdup(net);
        return *ret ? 0 : -ENOMEM;
}

static void log_as_image(LogLevel level, const char *text, const Cli *c) {
        if (level == LOG_LEVEL_DEBUG && !log_debug_enabled())
                return;

        log_set_prefix("image");
        log_full(level, "%s", text);
        log_set_prefix(verb_last_word(c->verb));
}

static void notify_image(const char *text, void *userdata) {
        log_as_image(LOG_LEVEL_INFO, text, userdata);
}

static void debug_image(const char *text, void *userdata) {
        log_as_image(LOG_LEVEL_DEBUG, text, userdata);
}

void pod_args_notify(const char *text, void *userdata) {
        log_info("%s", text);
}

static void draw_progress(const char *label, uint64_t now, uint64_t total, void *userdata) {
        progress_draw(stderr, label, now, total);
}

FetchArgs pod_args_fetch(const Cli *c, PullPolicy policy) {
        return (FetchArgs) {
                .paths = &c->global.paths,
                .insecure = c->insecure,
                .pull_policy = policy,
                .trust_keys_from_https = c->global.trust_keys_from_https,
                .notify = notify_image,
                .debug = debug_image,
                .progress = draw_progress,
                .userdata = (void *) c,
        };
}

int pod_args_fetch_app(Cli *c, const AppSpec *app, PullPolicy policy, char **ret_id, Diag *diag) {
        _cleanup_(image_ref_done) ImageRef ref = {};
        FetchArgs fetch = pod_args_fetch(c, policy);

        int r = image_ref_parse(app->image, &ref, diag);
        if (r < 0)
                return r;

        fetch.signature = app->signature;
        return image_fetch(c->store, &ref, &fetch, ret_id, diag);
}

int pod_args_pull_policy(const char *policy, PullPolicy fallback, bool store_only, bool no_store,
                         PullPolicy *ret, Diag *diag) {
        int p = fallback;

        if (store_only && no_store)
                return diag_set(diag, -EINVAL, "both --store-only and --no-store specified");
        if (store_only)
                p = PULL_NEVER;
        else if (no_store)
                p = PULL_UPDATE;
        else if (policy)
                p = pull_policy_from_string(policy);
        if (p < 0)
                return diag_set(diag, -EINVAL, "--pull-policy: \"%s\" is none of new, never, update", policy);

        *ret = (PullPolicy) p;
        return 0;
}
