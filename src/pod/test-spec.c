/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "pod/spec-internal.h"

/* What manifests are made of specs. Images are given as the text of their "app", or NULL for none. */

#define ID_A "sha512-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

typedef struct Image {
        const char *name;
        const char *app;
} Image;

static const Image plain = { "example.com/redis",
        "{\"exec\":[\"/usr/bin/redis-server\",\"/etc/redis.conf\"],\"user\":\"33\",\"group\":\"44\","
        "\"workingDirectory\":\"/data\",\"environment\":[{\"name\":\"A\",\"value\":\"image\"},"
        "{\"name\":\"B\",\"value\":\"image\"}]}" };
static const Image bare = { "example.com/bare", NULL };
static const Image no_exec = { "example.com/no-exec", "{\"user\":\"0\",\"group\":\"0\"}" };
static const Image with_points = {
        "example.com/points",
        "{\"exec\":[\"/x\"],\"user\":\"0\",\"group\":\"0\",\"mountPoints\":["
        "{\"name\":\"data\",\"path\":\"/data/\"},{\"name\":\"conf\",\"path\":\"/conf\",\"readOnly\":true}]}"
};

static ImageManifest *image_manifest(const Image *i) {
        _cleanup_free_ char *text = xasprintf("{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\","
                                              "\"name\":\"%s\",\"labels\":[{\"name\":"
                                              "\"version\",\"value\":\"1.2\"},{\"name\":\"os\",\"value\":"
                                              "\"linux\"},{\"name\":\"arch\",\"value\":"
                                              "\"amd64\"}]%s%s,\"annotations\":[{\"name\":\"coreos.com/rkt/"
                                              "unit/restart\",\"value\":\"always\"}]}",
                                              i->name, i->app ? ",\"app\":" : "", strempty(i->app));
        _cleanup_diag_ Diag diag = {};
        ImageManifest *m = NULL;

        CHECK(text);
        if (image_manifest_parse("manifest", text, strlen(text), &m, &diag) < 0)
                test_fail(__FILE__, __LINE__, "%s", diag.message);
        return m;
}

#define IMAGES_MAX 4

/* image: one for all apps of the spec. */
static int to_manifest(const PodSpec *s, const Image *image, char *const *env, PodManifest **ret,
                       Diag *diag) {
        _cleanup_(image_manifest_freep) ImageManifest *m = image_manifest(image);
        SpecImage images[IMAGES_MAX];

        CHECK(s->n_apps <= IMAGES_MAX);
        for (size_t i = 0; i < IMAGES_MAX; i++)
                images[i] = (SpecImage) { .id = ID_A, .manifest = m };
        return pod_spec_to_manifest(s, images, env, ret, diag);
}

static char *to_text(const PodSpec *s, const Image *image) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_diag_ Diag diag = {};
        char *text = NULL;

        if (to_manifest(s, image, NULL, &m, &diag) < 0)
                test_fail(__FILE__, __LINE__, "%s", diag.message);
        CHECK_INT(pod_manifest_format(m, false, &text), 0);
        return text;
}

static char *copy(const char *s) {
        char *c = strdup(s);

        CHECK(c);
        return c;
}

static void append(char ***l, const char *s) {
        CHECK_INT(strv_extend(l, s), 0);
}

static AppSpec *add_app(PodSpec *s) {
        AppSpec *a = pod_spec_add_app(s);

        CHECK(a);
        CHECK_INT(a->read_only_rootfs, -1);
        return a;
}

TEST(golden) {
        _cleanup_(pod_spec_done) PodSpec s = {};
        AppSpec *a = add_app(&s);
        _cleanup_free_ char *text = NULL;

        a->name = copy("cache");
        a->user = copy("redis");
        a->memory = copy("64Mi");
        a->cpu = copy("500m");
        a->read_only_rootfs = 1;
        a->working_dir = copy("/tmp");
        append(&a->args, "--save");
        append(&a->mounts, "volume=db,target=/db");
        append(&s.volumes, "db,kind=host,source=/srv/db");
        append(&a->annotations, "coreos.com/rkt/unit/restart=on-failure");

        text = to_text(&s, &plain);
        CHECK_STR(text, "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"cache\","
                        "\"image\":{"
                        "\"name\":\"example.com/redis\",\"id\":\"" ID_A
                        "\",\"labels\":[{\"name\":\"version\",\"value\":\"1.2\"},"
                        "{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\",\"value\":\"amd64\"}]},"
                        "\"app\":{\"exec\":["
                        "\"/usr/bin/redis-server\",\"/etc/"
                        "redis.conf\",\"--save\"],\"user\":\"redis\",\"group\":\"44\","
                        "\"workingDirectory\":\"/"
                        "tmp\",\"environment\":[{\"name\":\"A\",\"value\":\"image\"},{\"name\":\"B\","
                        "\"value\":\"image\"}],\"isolators\":[{\"name\":\"resource/"
                        "memory\",\"value\":{\"default\":false,\"request\":\"64Mi\",\"limit\":\"64Mi\"}},"
                        "{\"name\":\"resource/"
                        "cpu\",\"value\":{\"default\":false,\"request\":\"500m\",\"limit\":\"500m\"}}]},"
                        "\"readOnlyRootFS\":true,\"mounts\":[{"
                        "\"volume\":\"db\",\"path\":\"/db\"}],\"annotations\":[{\"name\":\"coreos.com/rkt/"
                        "unit/restart\","
                        "\"value\":\"on-failure\"}]}],\"volumes\":[{\"name\":\"db\",\"kind\":\"host\","
                        "\"source\":\"/srv/db\"}],"
                        "\"isolators\":null,\"annotations\":[{\"name\":\"coreos.com/rkt/stage1/"
                        "mutable\",\"value\":\"false\"}],"
                        "\"ports\":null}");
}

TEST(commands) {
        static const struct {
                const Image *image;
                const char *exec;
                const char *words[3], *args[3];
                const char *expected; /* joined by "|" */
        } cases[] = {
                { &plain, NULL, {}, {}, "/usr/bin/redis-server|/etc/redis.conf" },
                { &plain, NULL, {}, { "-v", "" }, "/usr/bin/redis-server|/etc/redis.conf|-v|" },
                { &plain, "/bin/sh", {}, {}, "/bin/sh" },
                { &plain, "sh", {}, { "-c", "true" }, "sh|-c|true" },
                { &plain, NULL, { "/bin/sh", "-c" }, {}, "/bin/sh|-c" },
                { &bare, "/bin/sh", {}, { "x" }, "/bin/sh|x" },
                { &no_exec, "/bin/sh", {}, {}, "/bin/sh" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
                _cleanup_(pod_spec_done) PodSpec s = {};
                AppSpec *a = add_app(&s);

                a->exec = cases[i].exec ? copy(cases[i].exec) : NULL;
                for (size_t k = 0; k < 3; k++) {
                        if (cases[i].words[k])
                                append(&a->exec_words, cases[i].words[k]);
                        if (cases[i].args[k])
                                append(&a->args, cases[i].args[k]);
                }
                CHECK_INT(to_manifest(&s, cases[i].image, NULL, &m, NULL), 0);
                _cleanup_free_ char *exec = strv_join(m->apps[0].app->exec, "|");
                CHECK_STR(exec, cases[i].expected);
                /* What an image says of itself never becomes the operator's word. */
                CHECK_INT(m->apps[0].annotations.n, 0);
        }
}

static const char *env_of(const PodManifest *m, const char *name) {
        return name_value_list_get(&m->apps[0].app->environment, name);
}

static char *write_file(const char *text) {
        _cleanup_free_ char *dir = test_tmpdir();
        char *path = xasprintf("%s/env", dir);
        FILE *f = fopen(path, "we");

        CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
        return path;
}

TEST(environment_precedence) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_(pod_spec_done) PodSpec s = {};
        AppSpec *a = add_app(&s);
        _cleanup_free_ char *file =
                write_file("# comment\n; comment\n\nB=file\nC=file\nD=file\nE=file\nS= a \"b\" \n");
        _cleanup_free_ char *own = write_file("D=own\nE=own\nF=own\n");
        char *const parent[] = { (char *) "A=parent", (char *) "P=parent",
                                 (char *) "B=parent", (char *) "odd%%=x",
                                 (char *) "RAW=\xff", (char *) "NOTIFY_SOCKET=/run/x",
                                 (char *) "none",     NULL };

        s.inherit_env = true;
        append(&s.set_env_files, file);
        append(&s.set_env, "C=set");
        append(&s.set_env, "D=set");
        append(&s.set_env, "G=");
        append(&a->environment_files, own);
        append(&a->environment, "E=app");

        CHECK_INT(to_manifest(&s, &plain, parent, &m, NULL), 0);
        CHECK_STR(env_of(m, "A"), "image");
        CHECK_STR(env_of(m, "P"), "parent");
        CHECK_STR(env_of(m, "B"), "file");
        CHECK_STR(env_of(m, "C"), "set");
        CHECK_STR(env_of(m, "D"), "own");
        CHECK_STR(env_of(m, "E"), "app");
        CHECK_STR(env_of(m, "F"), "own");
        CHECK_STR(env_of(m, "G"), "");
        CHECK_STR(env_of(m, "S"), " a \"b\" ");
        CHECK_INT(m->apps[0].app->environment.n, 9);
}

TEST(no_environment_unless_asked) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_(pod_spec_done) PodSpec s = {};

        add_app(&s);
        CHECK_INT(to_manifest(&s, &plain, (char *[]) { (char *) "P=parent", NULL }, &m, NULL), 0);
        CHECK_STR(env_of(m, "P"), NULL);
}

TEST(environment_files) {
        static const struct {
                const char *text, *message;
                unsigned line;
        } cases[] = {
                { "A=1\n\nB\n", "environment variable \"B\" is not of the form NAME=VALUE", 3 },
                { "=x\n", "\"\" is no valid name of an environment variable", 1 },
                { "A=1\nA B=2", "\"A B\" is no valid name of an environment variable", 2 },
                { "A=\xff\n", "environment variable \"A=\\xff\" is not valid UTF-8", 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *file = write_file(cases[i].text);
                _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
                _cleanup_(pod_spec_done) PodSpec s = {};
                _cleanup_diag_ Diag diag = {};

                add_app(&s);
                append(&s.set_env_files, file);
                CHECK_INT(to_manifest(&s, &plain, NULL, &m, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i].message);
                CHECK_STR(diag.file, file);
                CHECK_INT(diag.line, cases[i].line);
        }

        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_(pod_spec_done) PodSpec s = {};
        _cleanup_diag_ Diag diag = {};

        append(&add_app(&s)->environment_files, "/nonexistent/file");
        CHECK_INT(to_manifest(&s, &plain, NULL, &m, &diag), -ENOENT);
        CHECK_STR(diag.causes[0],
                  "cannot read environment file \"/nonexistent/file\": No such file or directory");

        char nul[] = "A=1\0\nB=2";
        _cleanup_strv_free_ char **env = NULL;
        CHECK_INT(environment_parse("f", nul, sizeof(nul) - 1, &env, &diag), -EINVAL);
}

TEST(mounts) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_(pod_spec_done) PodSpec s = {};
        AppSpec *a = add_app(&s);

        append(&s.volumes, "a,kind=host,source=/a");
        append(&s.volumes, "b,kind=empty,mode=0700,uid=1,gid=2");
        append(&s.volumes, "unused,kind=empty");
        append(&s.mounts, "volume=a,target=/x/");
        append(&s.mounts, "volume=a,target=/all");
        append(&a->mounts, "volume=b,target=/x");
        append(&a->mounts, "volume=b,target=/y");
        append(&a->mounts, "volume=a,target=//y/");
        append(&a->read_only_mounts, "/y");

        CHECK_INT(to_manifest(&s, &plain, NULL, &m, NULL), 0);
        CHECK_INT(m->apps[0].n_mounts, 3);
        CHECK_STR(m->apps[0].mounts[0].volume, "b");
        CHECK_STR(m->apps[0].mounts[0].path, "/x");
        CHECK_INT(m->apps[0].mounts[0].read_only, -1);
        CHECK_STR(m->apps[0].mounts[1].volume, "b");
        CHECK_STR(m->apps[0].mounts[1].path, "/y");
        CHECK_INT(m->apps[0].mounts[1].read_only, 1);
        CHECK_STR(m->apps[0].mounts[2].path, "/all");
        CHECK_INT(m->n_volumes, 3);
}

TEST(implicit_volumes) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL, *given = NULL;
        _cleanup_(pod_spec_done) PodSpec s = {};
        AppSpec *a = add_app(&s);
        const Volume *v;

        /* A volume of the name that the implicit one would have. */
        append(&s.volumes, "points-conf,kind=empty");
        CHECK_INT(to_manifest(&s, &with_points, NULL, &m, NULL), 0);
        CHECK_INT(m->n_volumes, 3);
        v = pod_manifest_find_volume(m, "points-data");
        CHECK(v && v->kind == VOLUME_EMPTY && v->mode == 0755 && v->has_mode && v->uid == 0 && v->gid == 0);
        CHECK_INT(v->read_only, -1);
        v = pod_manifest_find_volume(m, "points-conf-2");
        CHECK(v && v->read_only == 1);
        CHECK_INT(m->apps[0].n_mounts, 2);
        CHECK_STR(m->apps[0].mounts[0].volume, "points-data");
        CHECK_STR(m->apps[0].mounts[0].path, "/data");
        CHECK_STR(m->apps[0].mounts[1].volume, "points-conf-2");

        /* By the name of the mount point, and by a mount at its place: nothing to make up. */
        append(&s.volumes, "data,kind=empty");
        append(&a->mounts, "volume=data,target=/conf/");
        CHECK_INT(to_manifest(&s, &with_points, NULL, &given, NULL), 0);
        CHECK_INT(given->n_volumes, 2);
        CHECK_INT(given->apps[0].n_mounts, 1);
}

typedef void (*Change)(PodSpec *s, AppSpec *a);

static void dangling_app(PodSpec *s, AppSpec *a) {
        append(&a->mounts, "volume=none,target=/x");
}
static void dangling_pod(PodSpec *s, AppSpec *a) {
        append(&s->mounts, "volume=none,target=/x");
}
static void twice_a_volume(PodSpec *s, AppSpec *a) {
        append(&s->volumes, "v,kind=empty");
        append(&s->volumes, "v,kind=host,source=/x");
}
static void twice_a_name(PodSpec *s, AppSpec *a) {
        add_app(s);
}
static void bad_name(PodSpec *s, AppSpec *a) {
        a->name = copy("../x");
}
static void small_memory(PodSpec *s, AppSpec *a) {
        a->memory = copy("16m");
}
static void bad_after(PodSpec *s, AppSpec *a) {
        append(&a->annotations, ANNOTATION_UNIT_AFTER "=cache");
}
static void after_itself(PodSpec *s, AppSpec *a) {
        append(&a->annotations, ANNOTATION_UNIT_REQUIRES "=redis");
}
static void bad_directory(PodSpec *s, AppSpec *a) {
        a->working_dir = copy("tmp");
}
static void bad_env(PodSpec *s, AppSpec *a) {
        append(&a->environment, "X");
}
static void nothing(PodSpec *s, AppSpec *a) {
}

TEST(errors) {
        static const struct {
                Change change;
                const Image *image;
                const char *message;
        } cases[] = {
                { dangling_app, &plain, "dangling mount point \"/x\": volume \"none\" not found" },
                { dangling_pod, &plain, "dangling mount point \"/x\": volume \"none\" not found" },
                { twice_a_volume, &plain, "duplicate volume name \"v\"" },
                { twice_a_name, &plain, "multiple apps with name redis" },
                { bad_name, &plain, "invalid app name \"../x\"" },
                { small_memory, &plain,
                  "memory limit of 0 bytes too low. Try a reasonable value, such as --memory=16M" },
                { bad_after, &plain, "app \"redis\": After=cache names no other app of the pod" },
                { after_itself, &plain, "app \"redis\": Requires=redis names no other app of the pod" },
                { bad_directory, &plain, "working directory \"tmp\" is not an absolute path" },
                { bad_env, &plain, "app \"redis\"" },
                { nothing, &bare, "image " ID_A " has no app section and --exec argument is not provided" },
                { nothing, &no_exec,
                  "image \"example.com/no-exec\" has an empty \"exec\" (try --exec=BINARY)" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
                _cleanup_(pod_spec_done) PodSpec s = {};
                _cleanup_diag_ Diag diag = {};
                AppSpec *a = add_app(&s);

                cases[i].change(&s, a);
                CHECK_INT(to_manifest(&s, cases[i].image, NULL, &m, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i].message);
        }

        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_diag_ Diag diag = {};
        CHECK_INT(pod_spec_to_manifest(&(PodSpec) {}, NULL, NULL, &m, &diag), -EINVAL);
        CHECK_STR(diag.message, "pod must contain at least one application");
}

/* A pod file's app and what the command line says for the same. Both change the same wish. */
typedef struct Twin {
        const char *what;
        void (*file)(PodFile *f, PodFileApp *a);
        void (*flags)(PodSpec *s, AppSpec *a);
} Twin;

#define TWIN(what, in_file, in_flags)                                   \
        static void file_##what(PodFile *f, PodFileApp *a) { in_file; } \
        static void flags_##what(PodSpec *s, AppSpec *a) { in_flags; }

TWIN(nothing, , )
TWIN(name, a->name = copy("n"), a->name = copy("n"))
TWIN(exec, { append(&a->exec, "/bin/sh"); append(&a->exec, "-c"); append(&a->exec, "x y"); },
     { a->exec = copy("/bin/sh"); append(&a->args, "-c"); append(&a->args, "x y"); })
TWIN(args, append(&a->args, "-v"), append(&a->args, "-v"))
TWIN(directory, a->working_directory = copy("/w"), a->working_dir = copy("/w"))
TWIN(app_env, append(&a->environment, "A=b=c"), append(&a->environment, "A=b=c"))
TWIN(pod_env, append(&f->environment, "B=x"), append(&s->set_env, "B=x"))
TWIN(volume, { append(&f->volumes, "v,kind=empty,mode=0700"); append(&a->mounts, "volume=v,target=/v"); },
     { append(&s->volumes, "v,kind=empty,mode=0700"); append(&a->mounts, "volume=v,target=/v"); })
TWIN(
        limits,
        {
                a->cpu = copy("1500m");
                a->memory = copy("1Gi");
        },
        {
                a->cpu = copy("1500m");
                a->memory = copy("1Gi");
        })

static const Twin twins[] = {
        { "nothing", file_nothing, flags_nothing }, { "name", file_name, flags_name },
        { "exec", file_exec, flags_exec },          { "args", file_args, flags_args },
        { "directory", file_directory, flags_directory }, { "app_env", file_app_env, flags_app_env },
        { "pod_env", file_pod_env, flags_pod_env }, { "volume", file_volume, flags_volume },
        { "limits", file_limits, flags_limits },
};

static PodFile *pod_file(void) {
        PodFile *f = calloc(1, sizeof(*f));

        CHECK(f);
        f->apps = calloc(1, sizeof(*f->apps));
        CHECK(f->apps);
        f->n_apps = 1;
        f->overlay = true;
        f->stop_timeout = 30 * USEC_PER_SEC;
        f->apps[0].image = copy("example.com/redis");
        return f;
}

/* Every pair of twins, applied together. */
TEST(pod_file_equals_flags) {
        for (size_t i = 0; i < ELEMENTSOF(twins); i++)
                for (size_t j = 0; j <= i; j++) {
                        _cleanup_(podfile_freep) PodFile *f = pod_file();
                        _cleanup_(pod_spec_done) PodSpec from_file = {}, flags = {};
                        AppSpec *a = add_app(&flags);

                        a->image = copy("example.com/redis");
                        twins[j].file(f, &f->apps[0]);
                        twins[j].flags(&flags, a);
                        if (j != i) {
                                twins[i].file(f, &f->apps[0]);
                                twins[i].flags(&flags, a);
                        }

                        CHECK_INT(pod_spec_from_podfile(f, &from_file, NULL), 0);
                        CHECK_STR(from_file.apps[0].image, a->image);
                        _cleanup_free_ char *x = to_text(&from_file, &plain), *y = to_text(&flags, &plain);
                        if (!streq(x, y))
                                test_fail(__FILE__, __LINE__, "%s+%s: %s, but %s", twins[i].what,
                                          twins[j].what, x, y);
                }
}

TEST(pod_file_annotations) {
        _cleanup_(podfile_freep) PodFile *f = pod_file();
        _cleanup_(pod_spec_done) PodSpec s = {}, ever = {};

        f->apps[0].restart = copy("on-failure");
        f->apps[0].restart_sec = copy("2s");
        append(&f->apps[0].after, "a");
        append(&f->apps[0].after, "b");
        append(&f->apps[0].requires, "b");
        append(&f->apps[0].read_only_mounts, "/ro");
        f->overlay = false;
        f->inherit_environment = true;
        f->stop_timeout = 1500 * USEC_PER_MSEC;

        CHECK_INT(pod_spec_from_podfile(f, &s, NULL), 0);
        CHECK(strv_equal(s.apps[0].annotations,
                         (char *[]){ (char *) ANNOTATION_UNIT_AFTER "=a b",
                                     (char *) ANNOTATION_UNIT_REQUIRES "=b",
                                     (char *) ANNOTATION_UNIT_RESTART "=on-failure",
                                     (char *) ANNOTATION_UNIT_RESTART_SEC "=2s", NULL }));
        CHECK(strv_equal(s.annotations,
                         (char *[]){ (char *) ANNOTATION_POD_STOP_TIMEOUT "=1500000us", NULL }));
        CHECK(strv_contains(s.apps[0].read_only_mounts, "/ro"));
        CHECK(s.no_overlay && s.inherit_env);

        f->stop_timeout = USEC_INFINITY;
        CHECK_INT(pod_spec_from_podfile(f, &ever, NULL), 0);
        CHECK(strv_contains(ever.annotations, ANNOTATION_POD_STOP_TIMEOUT "=infinity"));
}

/* A manifest that a user wrote. */
TEST(complete_given_manifest) {
        static const struct {
                const char *apps, *volumes, *message;
        } cases[] = {
                { "{\"name\":\"a\",\"image\":{\"id\":\"" ID_A "\"}}", "", NULL },
                { "{\"name\":\"a\",\"image\":{\"id\":\"" ID_A
                  "\"},\"mounts\":[{\"volume\":\"v\",\"path\":\"/x\"}]}",
                  "", "dangling mount point \"/x\": volume \"v\" not found" },
                { "", "", "pod must contain at least one application" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text =
                        xasprintf("{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[%s],"
                                  "\"volumes\":[%s]}",
                                  cases[i].apps, cases[i].volumes);
                _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
                _cleanup_(image_manifest_freep) ImageManifest *im = image_manifest(&with_points);
                const SpecImage image = { .id = ID_A, .manifest = im };
                _cleanup_diag_ Diag diag = {};

                CHECK_INT(pod_manifest_parse("m", text, strlen(text), &m, &diag), 0);
                CHECK_INT(pod_manifest_complete(m, &image, &diag), cases[i].message ? -EINVAL : 0);
                CHECK_STR(diag.message, cases[i].message);
                if (!cases[i].message) {
                        CHECK_STR(m->apps[0].image_name, "example.com/points");
                        CHECK_STR(name_value_list_get(&m->apps[0].image_labels, "version"), "1.2");
                        CHECK_INT(m->n_volumes, 2);
                }
        }
}

TEST(mount_paths) {
        CHECK(mount_path_equal("/", "//"));
        CHECK(mount_path_equal("/a/b", "//a///b/"));
        CHECK(!mount_path_equal("/a/b", "/a/bc"));
        CHECK(!mount_path_equal("/a/b", "/a"));
        CHECK(!mount_path_equal("/a", "/a/b"));
}

DEFINE_TEST_MAIN()
