/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "podfile/podfile.h"

/* The model that loading makes, and its errors. What each key refuses is in test/generator/cases. */

typedef struct Dirs {
        char *base;
        int fd;
        char **paths; /* base/run, base/etc, base/lib */
} Dirs;

static Dirs dirs_new(void) {
        Dirs d = { .base = test_tmpdir() };

        d.fd = open(d.base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(d.fd >= 0);
        CHECK_INT(strv_extendf(&d.paths, "%s/run", d.base), 0);
        CHECK_INT(strv_extendf(&d.paths, "%s/etc", d.base), 0);
        CHECK_INT(strv_extendf(&d.paths, "%s/lib", d.base), 0);
        return d;
}

static void dirs_done(Dirs *d) {
        free(d->base);
        safe_close(d->fd);
        strv_free(d->paths);
}

static void put(const Dirs *d, const char *path, const char *text) {
        _cleanup_free_ char *dir = strndup(path, (size_t) (strrchr(path, '/') - path));

        CHECK_INT(mkdir_p_at(d->fd, dir, 0755), 0);
        CHECK_INT(file_write_at(d->fd, path, text, strlen(text), 0644, 0), 0);
}

#define MINIMAL "[Pod]\nNet=host\n[App]\nImage=/x\n"

static PodFile *load(const Dirs *d, const char *name) {
        _cleanup_diag_ Diag diag = {};
        PodFile *f = NULL;
        int r = podfile_load(d->paths, name, &f, NULL, &diag);

        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %d, %s", name, r, strempty(diag.message));
        return f;
}

static void check_list(char *const *l, const char *expected) {
        _cleanup_free_ char *joined = strv_join(l, "|");

        CHECK_STR(joined, expected);
}

TEST(defaults) {
        _cleanup_(dirs_done) Dirs d = dirs_new();

        put(&d, "etc/web@1.pod", MINIMAL);
        _cleanup_(podfile_freep) PodFile *f = load(&d, "web@1");
        _cleanup_free_ char *path = strjoin(d.base, "/etc/web@1.pod", NULL);
        CHECK_STR(f->name, "web@1");
        CHECK_STR(f->path, path);
        CHECK_STR(f->machine_name, "web-1");
        CHECK_STR(f->hostname, "web-1");
        check_list(f->nets, "host");
        CHECK(f->overlay);
        CHECK(!f->inherit_environment);
        CHECK_INT(f->stop_timeout, 30 * USEC_PER_SEC);
        CHECK_INT(strv_length(f->dropins), 0);
        CHECK_INT(f->n_lines, 0);
        CHECK_INT(f->n_apps, 1);
        CHECK_STR(f->apps[0].image, "/x");
        CHECK_STR(f->apps[0].name, NULL);
        CHECK(!f->apps[0].exec && !f->apps[0].args && !f->apps[0].mounts && !f->apps[0].restart);
        CHECK_INT(f->apps[0].line, 3);
        CHECK_STR(f->apps[0].file, path);
}

TEST(pod_values) {
        _cleanup_(dirs_done) Dirs d = dirs_new();

        put(&d, "etc/p.pod",
            "[Pod]\nMachineName=m\nHostname=h.example\nNet=none\n"
            "Volume=a,readOnly=yes,kind=host,source=/srv/%p recursive-one,kind=empty,uid=5,mode=0700\n"
            "Environment=A=1 \"B=x y\"\nEnvironment=A=2 C=%%\nEnvironmentFile=/etc/a "
            "b\nEnvironmentFile=/etc/c\n"
            "InheritEnvironment=yes\nOverlay=no\nInsecureOptions=image,tls\nStopTimeoutSec=1min\n"
            "[App]\nImage=/x\n");
        _cleanup_(podfile_freep) PodFile *f = load(&d, "p");
        CHECK_STR(f->machine_name, "m");
        CHECK_STR(f->hostname, "h.example");
        check_list(f->nets, "none");
        check_list(f->volumes,
                   "a,kind=host,source=/srv/p,readOnly=true|recursive-one,kind=empty,mode=0700,uid=5");
        check_list(f->environment, "A=2|B=x y|C=%");
        check_list(f->environment_files, "/etc/a b|/etc/c");
        CHECK(f->inherit_environment && !f->overlay);
        check_list(f->insecure_options, "image|tls");
        CHECK_INT(f->stop_timeout, 60 * USEC_PER_SEC);
}

TEST(app_values) {
        _cleanup_(dirs_done) Dirs d = dirs_new();

        put(&d, "etc/p.pod",
            "[Pod]\nNet=host\nVolume=a,kind=empty b,kind=empty\n"
            "[App]\nName=one\nImage=example.com/app:v1,arch=amd64\nSignature=/s.asc\n"
            "Exec=/bin/x \"a b\" 'c' \\x41 \"\"\nArgs=d\nArgs=\"e f\" %%\nWorkingDirectory=/w "
            "d\nEnvironment=A=1\n"
            "EnvironmentFile=/e\nMount=a:/a "
            "b:/b:ro\nAfter=two\nRequires=two\nRestart=always\nRestartSec=1.5s\n"
            "CPU=500m\nMemory=64M\n[App]\nName=two\nImage=/y\nExec=/z\nExec=\n");
        _cleanup_(podfile_freep) PodFile *f = load(&d, "p");
        CHECK_INT(f->n_apps, 2);
        const PodFileApp *a = &f->apps[0];
        CHECK_STR(a->name, "one");
        CHECK_STR(a->image, "example.com/app:v1,arch=amd64");
        CHECK_STR(a->signature, "/s.asc");
        check_list(a->exec, "/bin/x|a b|c|A|");
        check_list(a->args, "d|e f|%");
        CHECK_STR(a->working_directory, "/w d");
        check_list(a->environment, "A=1");
        check_list(a->environment_files, "/e");
        check_list(a->mounts, "volume=a,target=/a|volume=b,target=/b");
        check_list(a->read_only_mounts, "/b");
        check_list(a->after, "two");
        check_list(a->requires, "two");
        CHECK_STR(a->restart, "always");
        CHECK_STR(a->restart_sec, "1.5s");
        CHECK_STR(a->cpu, "500m");
        CHECK_STR(a->memory, "64M");
        CHECK(!f->apps[1].exec);
}

TEST(dropins_amend_and_reset) {
        _cleanup_(dirs_done) Dirs d = dirs_new();

        put(&d, "lib/p.pod",
            "[Pod]\nNet=host\nOverlay=no\nHostname=h\nVolume=v,kind=empty\n"
            "[App]\nName=a\nImage=/a\nEnvironment=A=1 B=1\nArgs=x\nExec=/x 1\nMount=v:/v:ro\nAfter=b\n"
            "[App]\nName=b\nImage=/b\n");
        put(&d, "etc/p.pod.d/20.conf",
            "[App]\nEnvironment=B=2\nName=a\nArgs=y\nExec=/y\nMount=\nAfter=\n[App]\nName=c\nImage=/c\n");
        put(&d, "run/pod.d/10.conf", "[Pod]\nOverlay=\nHostname=\n");
        _cleanup_(podfile_freep) PodFile *f = load(&d, "p");
        CHECK(f->overlay);
        CHECK_STR(f->hostname, "p");
        CHECK_INT(f->n_apps, 3);
        check_list(f->apps[0].environment, "A=1|B=2");
        check_list(f->apps[0].args, "x|y");
        check_list(f->apps[0].exec, "/y");
        CHECK(!f->apps[0].mounts && !f->apps[0].read_only_mounts && !f->apps[0].after);
        CHECK_STR(f->apps[2].name, "c");
        CHECK_INT(strv_length(f->dropins), 2);
        CHECK(endswith(f->dropins[0], "/run/pod.d/10.conf"));
        CHECK(endswith(f->dropins[1], "/etc/p.pod.d/20.conf"));
}

TEST(lines) {
        _cleanup_(dirs_done) Dirs d = dirs_new();

        put(&d, "etc/p@.pod",
            "[Unit]\nAfter=a.pod b.service\nX-Own=1\n" MINIMAL "[Service]\nEnvironment=A=%i-%p\n");
        _cleanup_(podfile_freep) PodFile *f = load(&d, "p@7");
        CHECK_INT(f->n_lines, 3);
        CHECK_STR(f->lines[0].section, "Unit");
        CHECK_STR(f->lines[0].key, "After");
        CHECK_STR(f->lines[0].value, "pod@a.service b.service");
        CHECK_INT(f->lines[0].line, 2);
        CHECK_STR(f->lines[2].section, "Service");
        CHECK_STR(f->lines[2].value, "A=7-%p");
}

TEST(not_loaded) {
        _cleanup_(dirs_done) Dirs d = dirs_new();
        _cleanup_(podfile_freep) PodFile *f = NULL;
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(podfile_load(d.paths, "none", &f, NULL, &diag), -ENOENT);
        CHECK_STR(diag.message, "there is no pod file \"none.pod\"");
        CHECK(strstr(diag.hint, d.paths[1]));
        CHECK_INT(podfile_load(d.paths, "a_b", &f, NULL, &diag), -EINVAL);
        CHECK_INT(podfile_load(d.paths, "web@", &f, NULL, &diag), -EINVAL);
        CHECK_INT(podfile_load(d.paths, "../x", &f, NULL, &diag), -EINVAL);

        put(&d, "etc/masked.pod", "");
        put(&d, "lib/masked.pod", MINIMAL);
        CHECK_INT(podfile_load(d.paths, "masked", &f, NULL, &diag), -ERFKILL);
        CHECK(endswith(diag.file, "/etc/masked.pod"));
        CHECK(!f);
}

TEST(findings) {
        _cleanup_(dirs_done) Dirs d = dirs_new();
        _cleanup_(finding_list_done) FindingList l = {};
        _cleanup_(podfile_freep) PodFile *f = NULL;
        _cleanup_diag_ Diag diag = {};

        put(&d, "etc/p.pod",
            "[Pod]\nInsecureOptions=image\nColour=red\nOverlay=perhaps\n[App]\n  Memory = much\n");
        put(&d, "etc/p.pod.d/1.conf", "[App]\nName=?\n");
        CHECK_INT(podfile_load(d.paths, "p", &f, &l, &diag), -EBADMSG);
        CHECK(!f);
        CHECK_INT(diag.line, 3);
        CHECK_INT(diag.column, 1);
        CHECK_STR(diag.message, "unknown key \"Colour=\" in [Pod]");

        const struct {
                FindingLevel level;
                unsigned line, column;
                const char *message;
        } expected[] = {
                { FINDING_ERROR, 1, 1, "Net= is missing" },
                { FINDING_WARNING, 2, 17, "InsecureOptions=image turns off security checks" },
                { FINDING_ERROR, 3, 1, "unknown key" },
                { FINDING_ERROR, 4, 9, "Overlay=: \"perhaps\" is neither yes nor no" },
                { FINDING_ERROR, 5, 1, "Image= is missing in this [App]" },
                { FINDING_ERROR, 6, 12, "Memory=: \"much\" is no quantity" },
                { FINDING_ERROR, 1, 1, "Image= is missing" },
                { FINDING_ERROR, 2, 6, "Name=: \"?\" is no valid app name" },
        };
        CHECK_INT(l.n, ELEMENTSOF(expected));
        for (size_t i = 0; i < l.n; i++) {
                CHECK_INT(l.items[i].level, expected[i].level);
                CHECK_INT(l.items[i].line, expected[i].line);
                CHECK_INT(l.items[i].column, expected[i].column);
                if (!startswith(l.items[i].message, expected[i].message))
                        test_fail(__FILE__, __LINE__, "%zu: %s", i, l.items[i].message);
        }
        CHECK_INT(finding_list_count(&l, FINDING_ERROR), 7);
        CHECK_INT(finding_list_count(&l, FINDING_WARNING), 1);
}

TEST(finding_formats) {
        _cleanup_(finding_list_done) FindingList l = {}, other = {};
        _cleanup_free_ char *json = NULL;
        Finding f = { .level = FINDING_WARNING, .file = (char *) "/a\n", .message = (char *) "say \"so\"" };

        for (unsigned i = 0; i < 3; i++) {
                static const char *const expected[] = {
                        "/a\\x0a: warning: say \"so\"",
                        "/a\\x0a:1: warning: say \"so\"",
                        "/a\\x0a:2:2: warning: say \"so\"",
                };
                _cleanup_free_ char *text = NULL;

                f.line = i;
                f.column = i == 2 ? 2 : 0;
                text = finding_format(&f);
                CHECK_STR(text, expected[i]);
        }
        CHECK_INT(finding_list_add(&other, &f), 0);
        CHECK_INT(finding_list_move(&l, &other), 0);
        CHECK_INT(other.n, 0);
        CHECK_INT(finding_list_to_json(&l, false, &json), 0);
        CHECK_STR(json, "[{\"level\":\"warning\",\"file\":\"/a\\n\",\"line\":2,\"column\":2,"
                        "\"message\":\"say \\\"so\\\"\"}]");
}

TEST(one_file) {
        _cleanup_(dirs_done) Dirs d = dirs_new();
        _cleanup_(finding_list_done) FindingList l = {};
        _cleanup_(podfile_freep) PodFile *f = NULL;
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *good = strjoin(d.base, "/any/t@.pod", NULL),
                            *bad = strjoin(d.base, "/any/a_b.pod", NULL),
                            *none = strjoin(d.base, "/any/x", NULL);

        put(&d, "any/t@.pod", "[Pod]\nNet=host\nHostname=h%i\n[App]\nImage=/x\n");
        put(&d, "any/t@.pod.d/1.conf", "[Nonsense\n");
        put(&d, "any/a_b.pod", MINIMAL);
        put(&d, "any/x", MINIMAL);
        CHECK_INT(podfile_load_file(good, &f, &l, &diag), 0);
        CHECK_STR(f->hostname, "h1");
        CHECK_INT(l.n, 0);
        f = podfile_free(f);

        CHECK_INT(podfile_load_file(bad, &f, &l, &diag), -EBADMSG);
        CHECK_INT(l.n, 1);
        CHECK_STR(l.items[0].file, bad);
        CHECK_INT(podfile_load_file(none, &f, &l, NULL), -EBADMSG);
        CHECK_STR(l.items[1].message, "the name of a pod file ends in \".pod\"");
        CHECK_INT(podfile_load_file("/nonexistent/x.pod", &f, &l, &diag), -ENOENT);
        CHECK_INT(l.n, 2);
}

TEST(list_and_verify_all) {
        _cleanup_(dirs_done) Dirs d = dirs_new();
        _cleanup_(finding_list_done) FindingList l = {};
        _cleanup_strv_free_ char **names = NULL;

        CHECK_INT(podfile_list(d.paths, &names), 0);
        CHECK_INT(strv_length(names), 0);

        put(&d, "etc/good.pod", MINIMAL);
        put(&d, "lib/good.pod", "[Nonsense\n");
        put(&d, "lib/masked.pod", "[Nonsense\n");
        put(&d, "run/masked.pod", "");
        put(&d, "run/bad.pod", "[Pod]\nNett=host\n");
        put(&d, "etc/under_score.pod", MINIMAL);
        put(&d, "etc/t@.pod", "[Pod]\nNet=host\n[App]\nImage=/%i\n");
        put(&d, "etc/t@5.pod.d/x.conf", "[Unit]\nDescription=x\n");
        put(&d, "etc/gone.pod.d/x.conf", "[Unit]\nDescription=x\n");
        put(&d, "etc/other.txt", "x");
        CHECK_INT(podfile_list(d.paths, &names), 0);
        check_list(names, "bad|good|t@");

        CHECK_INT(podfile_verify_all(d.paths, &l, NULL), 0);
        CHECK_INT(finding_list_count(&l, FINDING_ERROR), 4); /* bad.pod: three */
        CHECK_INT(finding_list_count(&l, FINDING_WARNING), 1);
        CHECK(endswith(l.items[l.n - 1].file, "/etc/gone.pod.d"));
        for (size_t i = 0; i < l.n; i++)
                CHECK(!strstr(l.items[i].file, "good.pod") && !strstr(l.items[i].file, "masked.pod"));
}

TEST(images) {
        CHECK(podfile_image_is_remote("https://x/y"));
        CHECK(podfile_image_is_remote("http://x/y"));
        CHECK(!podfile_image_is_remote("file:///x"));
        CHECK(!podfile_image_is_remote("example.com/x"));
        CHECK_STR(podfile_image_path("file:///x"), "/x");
        CHECK_STR(podfile_image_path("/x"), "/x");
        CHECK_STR(podfile_image_path("https://x/y"), NULL);
        CHECK_STR(podfile_image_path("example.com/x"), NULL);
}

DEFINE_TEST_MAIN()
