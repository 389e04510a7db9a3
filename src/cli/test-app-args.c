/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "cli/app-args.h"

typedef struct Options {
        PodSpec spec;
        bool debug;
} Options;

static const Option rows[] = {
        { "debug", 0, OPTION_BOOLEAN, offsetof(Options, debug), NULL, "Debug" },
        { "mount", 0, OPTION_STRV, offsetof(Options, spec.mounts), "MOUNT", "Mount" },
        {},
};

static const Verb verb = {
        .name = "test",
        .flags = VERB_APP_ARGS,
        .options_size = sizeof(Options),
        .options = rows,
        .app_options = app_options_run,
        .spec_offset = offsetof(Options, spec),
};

static int parse(const Verb *v, const char *line, Options *o, Diag *diag) {
        _cleanup_strv_free_ char **words = NULL;
        const OptionGroup group = { .rows = rows, .target = o };

        CHECK_INT(strv_split(line, " ", &words), 0);
        return app_args_parse(v, &group, 1, o, words, diag);
}

static void done(Options *o) {
        option_values_done(rows, o);
        pod_spec_done(&o->spec);
}

TEST(images_and_their_arguments) {
        _cleanup_(done) Options o = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(parse(&verb,
                        "--debug a.aci --exec /bin/ov --name=one -- --loglevel verbose --- b --user 7 -- -x "
                        "---",
                        &o, &diag),
                  0);
        CHECK(o.debug);
        CHECK_INT(o.spec.n_apps, 2);
        CHECK_STR(o.spec.apps[0].image, "a.aci");
        CHECK_STR(o.spec.apps[0].exec, "/bin/ov");
        CHECK_STR(o.spec.apps[0].name, "one");
        CHECK(strv_equal(o.spec.apps[0].args, (char *[]){ (char *) "--loglevel", (char *) "verbose", NULL }));
        CHECK_STR(o.spec.apps[1].image, "b");
        CHECK_STR(o.spec.apps[1].user, "7");
        CHECK(strv_equal(o.spec.apps[1].args, (char *[]) { (char *) "-x", NULL }));
}

TEST(mount_means_pod_or_app) {
        _cleanup_(done) Options o = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(parse(&verb, "--mount volume=p,target=/p img --mount volume=a,target=/a", &o, &diag), 0);
        CHECK(strv_equal(o.spec.mounts, (char *[]) { (char *) "volume=p,target=/p", NULL }));
        CHECK(strv_equal(o.spec.apps[0].mounts, (char *[]) { (char *) "volume=a,target=/a", NULL }));
}

TEST(no_more_than_asked) {
        _cleanup_(done) Options o = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(parse(&verb, "img --readonly-rootfs -- --exec", &o, &diag), 0);
        CHECK_INT(o.spec.apps[0].read_only_rootfs, 1);
        CHECK(!o.spec.apps[0].exec);
        CHECK_INT(strv_length(o.spec.apps[0].args), 1);
}

TEST(errors) {
        static const struct {
                const char *line, *message;
                int error;
        } cases[] = {
                { "--exec /x img", "--exec must follow an image", -EINVAL },
                { "--signature s img", "--signature must follow an image", -EINVAL },
                { "img --exec /x --exec /y", "--exec specified multiple times for the same image", -EINVAL },
                { "-- a", "an image is required before any app arguments", -EINVAL },
                { "img -- a --- -- b", "only one set of app arguments allowed per image", -EINVAL },
                { "img --seccomp mode=retain", "--seccomp is not supported by this version", -EOPNOTSUPP },
                { "--caps-retain=CAP_KILL img", "--caps-retain is not supported by this version",
                  -EOPNOTSUPP },
                { "img --readonly-rootfs=maybe", "--readonly-rootfs: \"maybe\" is neither true nor false",
                  -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(done) Options o = {};
                _cleanup_diag_ Diag diag = {};

                CHECK_INT(parse(&verb, cases[i].line, &o, &diag), cases[i].error);
                CHECK_STR(diag.message, cases[i].message);
        }
}

TEST(fetch_takes_no_app_arguments) {
        _cleanup_(done) Options o = {};
        _cleanup_diag_ Diag diag = {};
        Verb fetch = verb;

        fetch.flags = 0;
        fetch.app_options = app_options_fetch;
        CHECK_INT(parse(&fetch, "img -- a", &o, &diag), -EINVAL);
        CHECK_STR(diag.message, "app arguments unsupported");
}

DEFINE_TEST_MAIN()
