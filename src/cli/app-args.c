/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/app-args.h"
#include "basic/parse-util.h"

/* Images and what belongs to each of them. An option row of the app group is looked for first once there is
 * an image, so that an option that exists on both levels (--mount) means the pod before the first image and
 * the preceding image after it. */

#define APP_ARGS_APPS_MAX 256

static int parse_once(void *target, const Option *o, const char *value, Diag *diag) {
        char **p = target;

        if (*p)
                return diag_set(diag, -EINVAL, "--%s specified multiple times for the same image", o->name);

        *p = strdup(value);
        return *p ? 0 : -ENOMEM;
}

static int parse_tristate(void *target, const Option *o, const char *value, Diag *diag) {
        int b = parse_boolean(value);

        if (b < 0)
                return diag_set(diag, -EINVAL, "--%s: \"%s\" is neither true nor false", o->name, value);

        *(int *) target = b;
        return 0;
}

#define APP_STRING(option, member, meta, text) \
        { option, 0, OPTION_STRING, offsetof(AppSpec, member), meta, text }
#define APP_UNSUPPORTED(option, meta, text) \
        { option, 0, OPTION_STRING, 0, meta, text, .unsupported = true }

const Option app_options_run[] = {
        { "exec", 0, OPTION_CUSTOM, offsetof(AppSpec, exec), "PATH",
          "Executable in place of the preceding image's", .parse = parse_once },
        { "environment", 0, OPTION_STRV, offsetof(AppSpec, environment), "NAME=VALUE",
          "Environment variable of the preceding image's app" },
        APP_STRING("group", group, "GID|NAME|PATH", "Group that the preceding image's app runs as"),
        APP_STRING("memory", memory, "QUANTITY", "Memory limit of the preceding image's app (50M, 1Gi)"),
        APP_STRING("cpu", cpu, "QUANTITY", "CPU limit of the preceding image's app (500m)"),
        { "mount", 0, OPTION_STRV, offsetof(AppSpec, mounts), "volume=NAME,target=PATH",
          "Mount of a volume in the preceding image's app" },
        APP_STRING("name", name, "NAME", "Name of the app, if not the last part of the image's name"),
        { "readonly-rootfs", 0, OPTION_CUSTOM, offsetof(AppSpec, read_only_rootfs), "BOOL",
          "Mount the app's root file system read-only", .implied = "true", .parse = parse_tristate },
        { "signature", 0, OPTION_CUSTOM, offsetof(AppSpec, signature), "PATH",
          "Detached signature of the preceding image", .parse = parse_once },
        APP_STRING("user", user, "UID|NAME|PATH", "User that the preceding image's app runs as"),
        APP_STRING("working-dir", working_dir, "PATH", "Working directory of the preceding image's app"),
        APP_UNSUPPORTED("annotation", "NAME=VALUE", "Annotation of the app"),
        APP_UNSUPPORTED("caps-remove", "CAP,…", "Capabilities to remove"),
        APP_UNSUPPORTED("caps-retain", "CAP,…", "Capabilities to retain"),
        APP_UNSUPPORTED("cpu-shares", "NUMBER", "CPU time share weight"),
        APP_UNSUPPORTED("oom-score-adj", "NUMBER", "OOM score adjustment"),
        APP_UNSUPPORTED("oom-score-adjust", "NUMBER", "OOM score adjustment"),
        APP_UNSUPPORTED("seccomp", "FILTER", "System call filter"),
        APP_UNSUPPORTED("stderr", "MODE", "Mode of stderr: null, tty, stream, log"),
        APP_UNSUPPORTED("stdin", "MODE", "Mode of stdin: null, tty, stream"),
        APP_UNSUPPORTED("stdout", "MODE", "Mode of stdout: null, tty, stream, log"),
        APP_UNSUPPORTED("supplementary-gids", "GID,…", "Supplementary groups"),
        APP_UNSUPPORTED("user-annotation", "NAME=VALUE", "User annotation of the app"),
        APP_UNSUPPORTED("user-label", "NAME=VALUE", "User label of the app"),
        { "cap-remove", 0, OPTION_STRING, 0, "CAP,…", "Old name of --caps-remove", .hidden = true,
          .unsupported = true },
        { "cap-retain", 0, OPTION_STRING, 0, "CAP,…", "Old name of --caps-retain", .hidden = true,
          .unsupported = true },
        {},
};

const Option app_options_fetch[] = {
        { "signature", 0, OPTION_CUSTOM, offsetof(AppSpec, signature), "PATH",
          "Detached signature of the preceding image", .parse = parse_once },
        {},
};

typedef struct Parser {
        const Verb *verb;
        const OptionGroup *groups;
        size_t n_groups;
        PodSpec *spec;
        bool in_args, args_allowed;
} Parser;

static AppSpec *last_app(const Parser *p) {
        return p->spec->n_apps > 0 ? &p->spec->apps[p->spec->n_apps - 1] : NULL;
}

/* A row of the app group that has no meaning yet: say so in rkt's words. */
static int check_follows_image(const Parser *p, const char *arg, Diag *diag) {
        _cleanup_free_ char *name = NULL;
        const OptionGroup app = { .rows = p->verb->app_options };

        if (last_app(p) || !startswith(arg, "--"))
                return 0;
        name = strndup(arg + 2, strcspn(arg + 2, "="));
        if (!name)
                return -ENOMEM;

        const Option *o = option_find(&app, 1, name, NULL);
        if (o && !o->unsupported && !option_find(p->groups, p->n_groups, name, NULL))
                return diag_set(diag, -EINVAL, "--%s must follow an image", name);

        return 0;
}

static int parse_option(const Parser *p, int argc, char *const *argv, int *i, Diag *diag) {
        OptionGroup groups[3];
        size_t n = 0;

        int r = check_follows_image(p, argv[*i], diag);
        if (r < 0)
                return r;

        /* Before the first image the app rows come last, only for what is known but unsupported. */
        AppSpec *app = last_app(p);
        if (app)
                groups[n++] = (OptionGroup) { .rows = p->verb->app_options, .target = app };
        for (size_t g = 0; g < p->n_groups; g++)
                groups[n++] = p->groups[g];
        if (!app)
                groups[n++] = (OptionGroup) { .rows = p->verb->app_options, .target = NULL };

        return option_parse_one(groups, n, argc, argv, i, diag);
}

static int begin_app_args(Parser *p, Diag *diag) {
        if (!(p->verb->flags & VERB_APP_ARGS))
                return diag_set(diag, -EINVAL, "app arguments unsupported");

        AppSpec *app = last_app(p);
        if (!app)
                return diag_set(diag, -EINVAL, "an image is required before any app arguments");
        if (app->has_args)
                return diag_set(diag, -EINVAL, "only one set of app arguments allowed per image");

        app->has_args = true;
        p->in_args = true;
        return 0;
}

static int add_image(Parser *p, const char *image, Diag *diag) {
        if (p->spec->n_apps >= APP_ARGS_APPS_MAX)
                return diag_set(diag, -E2BIG, "more than %d images", APP_ARGS_APPS_MAX);

        AppSpec *app = pod_spec_add_app(p->spec);
        if (!app)
                return -ENOMEM;

        app->image = strdup(image);
        return app->image ? 0 : -ENOMEM;
}

static int parse_word(Parser *p, int argc, char *const *argv, int *i, Diag *diag) {
        const char *a = argv[*i];

        if (p->in_args && streq(a, "---"))
                p->in_args = false;
        else if (p->in_args) {
                int r = strv_extend(&last_app(p)->args, a);
                if (r < 0)
                        return r;
        } else if (streq(a, "--")) {
                int r = begin_app_args(p, diag);
                if (r < 0)
                        return r;
        } else if (a[0] == '-' && a[1] && !streq(a, "---"))
                return parse_option(p, argc, argv, i, diag);
        else if (!isempty(a) && !streq(a, "---")) {
                int r = add_image(p, a, diag);
                if (r < 0)
                        return r;
        }

        (*i)++;
        return 0;
}

int app_args_parse(const Verb *v, const OptionGroup *groups, size_t n_groups, void *options,
                   char *const *args, Diag *diag) {
        Parser p = {
                .verb = v,
                .groups = groups,
                .n_groups = n_groups,
                .spec = (PodSpec *) ((char *) options + v->spec_offset),
        };
        int argc = (int) strv_length(args);

        for (int i = 0; i < argc;) {
                int r = parse_word(&p, argc, args, &i, diag);
                if (r < 0)
                        return r;
        }

        return 0;
}
