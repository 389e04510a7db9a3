/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "layout/pods.h"
#include "stage1/app-files.h"
#include "stage1/enter-notes.h"
#include "stage1/mounts.h"
#include "stage1/nspawn.h"
#include "stage1/units.h"

/* A pod directory with one app "web", whose manifests each test gives. */

#define UUID "4070df26-fa5a-4d05-9a4e-1f2f0e1f9c11"
#define IMAGE(more)                                                                                \
        "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/web\"" more "}"
#define IMAGE_PLAIN IMAGE("")
#define POD_OF(app, app_more, pod_more)                                                            \
        "{\"acKind\":\"PodManifest\",\"acVersion\":\"0.8.11\",\"apps\":[{\"name\":\"web\",\"image\":{"       \
        "\"name\":\"example.com/web\",\"id\":\"sha512-" HEX64 "\"},\"app\":{\"user\":\"0\",\"group\":\"0\"," \
        app "}" app_more "}]" pod_more "}"
#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define EXEC "\"exec\":[\"/bin/web\",\"-x\"]"

typedef struct Fixture {
        char *path;
        int pod_fd, root_fd, stage1_fd;
        PodManifest *manifest;
        ImageManifest *images[1];
        Stage1RunArgs args;
        PodPlan plan;
} Fixture;

static void fixture_done(Fixture *f) {
        pod_plan_done(&f->plan);
        pod_manifest_free(f->manifest);
        image_manifest_free(f->images[0]);
        (void) safe_close(f->pod_fd);
        (void) safe_close(f->root_fd);
        (void) safe_close(f->stage1_fd);
        free(f->path);
}

static Fixture fixture(void) {
        Fixture f = { .path = test_tmpdir(), .args = { .net = (char *) "host", .uuid = (char *) UUID } };

        f.pod_fd = open(f.path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
        CHECK_INT(mkdir_p_at(f.pod_fd, POD_STAGE1_ROOTFS "/" STAGE1_APPS_DIR "/web/rootfs/bin", 0755), 0);
        CHECK_INT(mkdir_p_at(f.pod_fd, POD_STAGE1_ROOTFS "/etc/systemd/system", 0755), 0);
        f.stage1_fd = openat(f.pod_fd, POD_STAGE1_ROOTFS, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
        f.root_fd = openat(f.stage1_fd, STAGE1_APPS_DIR "/web/rootfs", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
        CHECK_INT(file_write_at(f.root_fd, "bin/web", "#!", 2, 0755, 0), 0);
        return f;
}

static int plan(Fixture *f, const char *pod, const char *image, Diag *diag) {
        int r;

        r = pod_manifest_parse("pod", pod, strlen(pod), &f->manifest, diag);
        if (r >= 0)
                r = image_manifest_parse("manifest", image, strlen(image), &f->images[0], diag);
        if (r < 0)
                return r;

        const PlanInput in = {
                .pod_fd = f->pod_fd,
                .pod_path = f->path,
                .args = &f->args,
                .manifest = f->manifest,
                .images = f->images,
        };
        return pod_plan_make(&in, &f->plan, diag);
}

static void check_plan_error(const char *pod, const char *image, int error, const char *message) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_diag_ Diag d = {};
        _cleanup_free_ char *line = NULL;

        CHECK_INT(plan(&f, pod, image, &d), error);
        line = diag_format_line(&d);
        CHECK_STR(line, message);
}

/* The text of a unit, in the list. */
static const char *unit_text(const UnitList *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->items[i].name, name))
                        return l->items[i].text;
        return NULL;
}

static void check_line(const char *text, const char *line) {
        _cleanup_free_ char *whole = strjoin("\n", line, "\n", NULL);

        CHECK(text);
        if (!strstr(text, whole))
                test_fail(__FILE__, __LINE__, "no line \"%s\" in: %s", line, text);
}

TEST(defaults) {
        _cleanup_(fixture_done) Fixture f = fixture();

        CHECK_INT(plan(&f, POD_OF(EXEC, "", ""), IMAGE_PLAIN, NULL), 0);
        CHECK_STR(f.plan.machine, "rkt-" UUID);
        CHECK_STR(f.plan.hostname, "rkt-" UUID);
        CHECK_INT(f.plan.stop_timeout, 30 * USEC_PER_SEC);
        CHECK(!f.plan.private_network);
        CHECK_INT(f.plan.n_apps, 1);

        const AppPlan *a = &f.plan.apps[0];
        CHECK_STR(a->exec[0], "/bin/web");
        CHECK_STR(a->exec[1], "-x");
        CHECK_STR(a->working_directory, "/");
        CHECK_STR(strv_env_get(a->environment, "AC_APP_NAME"), "web");
        CHECK_STR(strv_env_get(a->environment, "HOME"), "/root");
        CHECK(startswith(strv_env_get(a->environment, "PATH"), "/usr/local/sbin:"));
        CHECK(!a->notify && !a->read_only_rootfs && !a->no_new_privileges);
        CHECK_INT(a->n_groups, 0);
        CHECK_INT(a->filter.mode, SYSCALL_DENY);
}

TEST(environment_of_the_manifest_wins) {
        _cleanup_(fixture_done) Fixture f = fixture();

        CHECK_INT(plan(&f, POD_OF(EXEC ",\"environment\":[{\"name\":\"HOME\",\"value\":\"/x\"},"
                                  "{\"name\":\"AC_APP_NAME\",\"value\":\"other\"}]", "", ""), IMAGE_PLAIN,
                                          NULL), 0);
        CHECK_STR(strv_env_get(f.plan.apps[0].environment, "HOME"), "/x");
        CHECK_STR(strv_env_get(f.plan.apps[0].environment, "AC_APP_NAME"), "web");
}

TEST(programs) {
        static const struct {
                const char *pod, *program;
        } rows[] = {
                { POD_OF("\"exec\":[\"web\"]", "", ""), "/bin/web" },
                { POD_OF("\"exec\":[\"bin//./web\"]", "", ""), "/bin/web" },
                { POD_OF("\"exec\":[\"./web\"],\"workingDirectory\":\"/bin\"", "", ""), "/bin/web" },
                { POD_OF("\"exec\":[\"//bin/web\"]", "", ""), "/bin/web" },
                { POD_OF("\"exec\":[\"/nowhere\"]", "", ""), "/nowhere" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(fixture_done) Fixture f = fixture();

                CHECK_INT(plan(&f, rows[i].pod, IMAGE_PLAIN, NULL), 0);
                CHECK_STR(f.plan.apps[0].exec[0], rows[i].program);
        }
}

TEST(errors) {
        check_plan_error(POD_OF("\"exec\":[\"nothere\"]", "", ""), IMAGE_PLAIN, -ENOENT,
                         "cannot run app \"web\": unable to find \"nothere\" in \"" PATH_DEFAULT "\"");
        check_plan_error(POD_OF("\"exec\":[\"web\"],"
                                "\"environment\":[{\"name\":\"PATH\",\"value\":\"/opt\"}]", "", ""),
                         IMAGE_PLAIN, -ENOENT, "cannot run app \"web\": unable to find \"web\" in \"/opt\"");
        check_plan_error(POD_OF("\"exec\":[]", "", ""), IMAGE_PLAIN, -EINVAL,
                         "cannot run app \"web\": image \"example.com/web\" has an empty \"exec\" "
                         "(try --exec=BINARY)");
        check_plan_error(POD_OF(EXEC, ",\"annotations\":[{\"name\":\"" ANNOTATION_UNIT_RESTART
                                "\",\"value\":\"x\\nExecStart=/y\"}]", ""), IMAGE_PLAIN, -EBADMSG,
                         "cannot run app \"web\": annotation \"" ANNOTATION_UNIT_RESTART "\" "
                         "has a bad value");
        check_plan_error(POD_OF(EXEC, ",\"annotations\":[{\"name\":\"" ANNOTATION_UNIT_AFTER
                                "\",\"value\":\"web\"}]", ""), IMAGE_PLAIN, -EBADMSG,
                         "cannot run app \"web\": \"web\" is not another app of the pod");
        check_plan_error(POD_OF(EXEC, ",\"mounts\":[{\"volume\":\"none\",\"path\":\"/x\"}]", ""),
                         IMAGE_PLAIN, -EBADMSG,
                         "cannot run app \"web\": could not find volume none");
        check_plan_error(POD_OF(EXEC, "", ",\"annotations\":[{\"name\":\"" ANNOTATION_POD_STOP_TIMEOUT
                                "\",\"value\":\"soon\"}]"), IMAGE_PLAIN, -EBADMSG,
                         "annotation \"" ANNOTATION_POD_STOP_TIMEOUT "\" is not a time span");
}

TEST(networks) {
        static const struct {
                const char *net;
                int error;
                bool private_network;
        } rows[] = { { "host", 0, false }, { "none", 0, true }, { "default", -EOPNOTSUPP, false },
                     { NULL, 0, false } };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(fixture_done) Fixture f = fixture();

                f.args.net = (char *) rows[i].net;
                CHECK_INT(plan(&f, POD_OF(EXEC, "", ""), IMAGE_PLAIN, NULL), rows[i].error);
                CHECK(f.plan.private_network == rows[i].private_network);
        }
}

static void make_units(Fixture *f, UnitList *ret) {
        CHECK_INT(mounts_prepare(&f->plan, f->pod_fd, NULL), 0);
        CHECK_INT(units_make(&f->plan, ret, NULL), 0);
}

TEST(unit_of_an_app) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_(unit_list_done) UnitList l = {};
        const char *t;

        CHECK_INT(plan(&f, POD_OF(EXEC ",\"supplementaryGIDs\":[400,500],\"isolators\":["
                                  "{\"name\":\"resource/memory\",\"value\":{\"limit\":\"64Mi\"}},"
                                  "{\"name\":\"resource/cpu\",\"value\":{\"limit\":\"1505m\"}},"
                                  "{\"name\":\"os/linux/capabilities-retain-set\","
                                  "\"value\":{\"set\":[\"CAP_KILL\"]}}]",
                                  ",\"annotations\":[{\"name\":\"" ANNOTATION_UNIT_RESTART "\","
                                  "\"value\":\"always\"},"
                                  "{\"name\":\"" ANNOTATION_UNIT_RESTART_SEC "\",\"value\":\"2s\"}]", ""),
                       IMAGE(",\"annotations\":[{\"name\":\"appc.io/executor/supports-systemd-notify\","
                             "\"value\":\"true\"}]"), NULL), 0);
        make_units(&f, &l);
        t = unit_text(&l, "web.service");
        check_line(t, "Type=notify");
        check_line(t, "Restart=always");
        check_line(t, "RestartSec=2000000us");
        check_line(t, "TimeoutStopSec=30000000us");
        check_line(t, "User=0");
        check_line(t, "SupplementaryGroups=400");
        check_line(t, "CapabilityBoundingSet=CAP_KILL");
        check_line(t, "MemoryMax=67108864");
        check_line(t, "CPUQuota=150.5%");
        check_line(t, "RootDirectory=/opt/stage2/web/rootfs");
        check_line(t, "StandardInput=null");
        check_line(t, "OnFailure=failed@web.service");
        check_line(t, "BindPaths=/proc");
        check_line(t, "ExecStart=\":@/bin/web\" \"/bin/web\" \"-x\"");
        check_line(t, "OnSuccess=ended@web.service");

        t = unit_text(&l, "apps.target");
        check_line(t, "Wants=web.service");
        check_line(t, "After=web.service");
        /* a slow start must be able to say what it does */
        CHECK(!strstr(t, "Before=systemd-journald.service"));
        t = unit_text(&l, "supervisor.socket");
        check_line(t, "ListenStream=/rkt/supervisor-ready");
        check_line(t, "After=web.service");
}

/* A hostile image: whatever it says stays inside of the quotes of its own line. */
TEST(hostile_strings) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_(unit_list_done) UnitList l = {};
        const char *t;
        size_t execs = 0;

        CHECK_INT(plan(&f,
                       POD_OF("\"exec\":[\"/bin/web\","
                              "\"x\\nExecStartPre=/bin/touch /PWN %h $(id)\",\"\\\\\"],"
                                  "\"workingDirectory\":\"/a%h b\\\\\","
                                  "\"environment\":[{\"name\":\"E\",\"value\":"
                                  "\"\\\"\\nExecStart=/x %h\"}],"
                                  "\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":"
                                  "[\"/bin/-p\",\";\",\"\\n[Unit]\"]}]", "", ""), IMAGE_PLAIN, NULL), 0);
        make_units(&f, &l);
        t = unit_text(&l, "web.service");
        check_line(t, "ExecStart=\":@/bin/web\" \"/bin/web\" "
                      "\"x\\x0aExecStartPre=/bin/touch /PWN %%h $(id)\" \"\\\\\"");
        check_line(t, "WorkingDirectory=/a%%h b\\/.");
        check_line(t, "Environment=\"E=\\\"\\x0aExecStart=/x %%h\"");
        for (const char *p = t; (p = strstr(p, "\nExec")); p++)
                execs++;
        CHECK_INT(execs, 1);
        check_line(t, "Requires=pre-start@web.service");
        check_line(unit_text(&l, "pre-start@web.service"),
                   "ExecStart=\":@/bin/-p\" \"/bin/-p\" \";\" \"\\x0a[Unit]\"");
}

TEST(working_directory_with_a_line_break) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_(unit_list_done) UnitList l = {};
        _cleanup_diag_ Diag d = {};
        _cleanup_free_ char *line = NULL;

        CHECK_INT(plan(&f, POD_OF(EXEC ",\"workingDirectory\":\"/a\\nb\"", "", ""), IMAGE_PLAIN, NULL), 0);
        CHECK_INT(units_make(&f.plan, &l, &d), -EINVAL);
        line = diag_format_line(&d);
        CHECK_STR(line, "cannot make the unit of app \"web\": path \"/a\\x0ab\" has a control character");
}

TEST(reserved_names) {
        CHECK(unit_name_is_reserved("dbus"));
        CHECK(unit_name_is_reserved("systemd-journald"));
        CHECK(!unit_name_is_reserved("web"));
}

#define HOST_VOLUME(more) "{\"name\":\"v\",\"kind\":\"host\",\"source\":\"/tmp\"" more "}"
#define MOUNT_AT(path) ",\"mounts\":[{\"volume\":\"v\",\"path\":\"" path "\"}]"

static int prepare_mount(const char *path_mounts, const char *volume, Fixture *f, Diag *diag) {
        _cleanup_free_ char *pod = strjoin(
                "{\"acKind\":\"PodManifest\",\"acVersion\":\"0.8.11\",\"apps\":[{\"name\":\"web\",\"image\":{"
                "\"id\":\"sha512-" HEX64 "\"},\"app\":{\"user\":\"0\",\"group\":\"0\"," EXEC
                ",\"mountPoints\":[{\"name\":\"data\",\"path\":\"/data\"}]}", path_mounts,
                "}],\"volumes\":[", volume, ",{\"name\":\"web-data\",\"kind\":\"empty\"},"
                "{\"name\":\"data\",\"kind\":\"empty\"}]}", NULL);

        CHECK_INT(plan(f, pod, IMAGE_PLAIN, diag), 0);
        return mounts_prepare(&f->plan, f->pod_fd, diag);
}

TEST(mount_targets) {
        static const struct {
                const char *mounts, *target;
                bool late;
        } rows[] = {
                { MOUNT_AT("/srv/new//dir/"), "/srv/new/dir", false },
                { MOUNT_AT("/link/x"), "/real/x", false },
                { MOUNT_AT("/out"), "/tmp", false },
                { MOUNT_AT("/run/x"), "/run/x", true },
                { MOUNT_AT("/tolate"), "/run/y", true },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(fixture_done) Fixture f = fixture();

                CHECK_INT(mkdir_p_at(f.root_fd, "real", 0755), 0);
                CHECK_INT(mkdir_p_at(f.root_fd, "run/y", 0755), 0);
                CHECK_INT(symlinkat("/real", f.root_fd, "link"), 0);
                CHECK_INT(symlinkat("../../../../../../../../tmp", f.root_fd, "out"), 0);
                CHECK_INT(symlinkat("run/y", f.root_fd, "tolate"), 0);
                CHECK_INT(mkdir_p_at(f.root_fd, "tmp", 0755), 0);
                CHECK_INT(prepare_mount(rows[i].mounts, HOST_VOLUME(""), &f, NULL), 0);
                CHECK_STR(f.plan.apps[0].mounts[0].target, rows[i].target);
                CHECK(f.plan.apps[0].mounts[0].late == rows[i].late);
        }
}

TEST(mount_targets_refused) {
        static const struct {
                const char *mounts;
                int error;
        } rows[] = {
                { MOUNT_AT("/"), -EPERM },
                { MOUNT_AT("/proc"), -EPERM },
                { MOUNT_AT("/proc/self/attr"), -EPERM },
                { MOUNT_AT("/sys/fs/x"), -EPERM },
                { MOUNT_AT("/toproc"), -EPERM },
                { MOUNT_AT("/bin/web"), -ENOTDIR },
                { ",\"mounts\":[{\"volume\":\"v\",\"path\":\"/m\"},{\"volume\":\"data\",\"path\":\"/m2\"}]",
                  -EEXIST },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(fixture_done) Fixture f = fixture();
                _cleanup_diag_ Diag d = {};

                CHECK_INT(mkdir_p_at(f.root_fd, "m", 0755), 0);
                CHECK_INT(symlinkat("m", f.root_fd, "m2"), 0);
                CHECK_INT(symlinkat("/proc", f.root_fd, "toproc"), 0);
                CHECK_INT(mkdir_p_at(f.pod_fd, POD_VOLUMES_DIR "/data", 0755), 0);
                CHECK_INT(prepare_mount(rows[i].mounts, HOST_VOLUME(""), &f, &d), rows[i].error);
                CHECK(diag_is_set(&d));
        }
}

TEST(nspawn_binds) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_strv_free_ char **args = NULL;
        _cleanup_free_ char *data = NULL;

        CHECK_INT(mkdir_p_at(f.pod_fd, POD_VOLUMES_DIR "/data", 0755), 0);
        CHECK_INT(prepare_mount(",\"mounts\":[{\"volume\":\"v\",\"path\":\"/c:d\\\\\"},"
                                "{\"volume\":\"v\",\"path\":\"/run/v\"}]",
                                HOST_VOLUME(",\"readOnly\":true,\"recursive\":false"), &f, NULL), 0);
        CHECK_INT(mounts_append_nspawn_args(&f.plan, f.path, &args), 0);
        CHECK_INT(strv_length(args), 3);
        CHECK_STR(args[0], "--bind-ro=/tmp:/opt/stage2/web/rootfs/c\\:d\\\\:norbind");
        CHECK_STR(args[1], "--bind-ro=/tmp:/rkt/volumes/web.1:norbind");
        data = strjoin("--bind=", f.path, "/stage1/rootfs/opt/stage2/.volumes/data:"
                       "/opt/stage2/web/rootfs/data:rbind", NULL);
        CHECK_STR(args[2], data);
}

/* stage0 has written an empty volume for the mount point that got none. */
TEST(implicit_volume) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_strv_free_ char **args = NULL;
        _cleanup_free_ char *bind = NULL;

        CHECK_INT(prepare_mount(",\"mounts\":[{\"volume\":\"web-data\",\"path\":\"/data\"}]",
                                HOST_VOLUME(""), &f, NULL),
                  0);
        CHECK_INT(f.plan.apps[0].n_mounts, 1);
        CHECK(f.plan.apps[0].mounts[0].implicit);
        CHECK_INT(mounts_append_nspawn_args(&f.plan, f.path, &args), 0);
        bind = strjoin("--bind=", f.path, "/stage1/rootfs/opt/stage2/web/rootfs/data:"
                       "/opt/stage2/web/rootfs/data:rbind", NULL);
        CHECK_STR(args[0], bind);
}

TEST(missing_source_is_left_to_nspawn) {
        _cleanup_(fixture_done) Fixture f = fixture();

        CHECK_INT(prepare_mount(MOUNT_AT("/x"),
                                "{\"name\":\"v\",\"kind\":\"host\",\"source\":\"/not/there\"}", &f,
                                NULL), 0);
        CHECK_STR(f.plan.apps[0].mounts[0].target, "/x");
        CHECK_INT(path_exists_at(f.root_fd, "x"), 0);
}

TEST(files_of_an_app) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_free_ char *hostname = NULL, *hosts = NULL;
        size_t size;

        /* a trap: the file is replaced, not written through */
        CHECK_INT(mkdir_p_at(f.root_fd, "etc", 0755), 0);
        CHECK_INT(file_write_at(f.root_fd, "victim", "v", 1, 0644, 0), 0);
        CHECK_INT(symlinkat("../victim", f.root_fd, "etc/hostname"), 0);
        f.args.hostname = (char *) "shop";
        CHECK_INT(plan(&f, POD_OF(EXEC, "", ""), IMAGE_PLAIN, NULL), 0);
        CHECK_INT(app_files_write(&f.plan, f.pod_fd, "resolv=none,hosts=default", NULL), 0);
        CHECK_INT(file_read_at(f.root_fd, "etc/hostname", 100, &hostname, &size), 0);
        CHECK_STR(hostname, "shop\n");
        CHECK_INT(file_read_at(f.root_fd, "etc/hosts", 1000, &hosts, &size), 0);
        CHECK(startswith(hosts,
                         "127.0.0.1 localhost localhost.domain localhost4 localhost4.localdomain4 shop\n"));
        CHECK_INT(path_exists_at(f.root_fd, "etc/resolv.conf"), 0);
        free(hosts);
        hosts = NULL;
        CHECK_INT(file_read_at(f.root_fd, "victim", 100, &hosts, &size), 0);
        CHECK_STR(hosts, "v");
}

TEST(files_refused) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_diag_ Diag d = {};
        _cleanup_free_ char *line = NULL;

        CHECK_INT(plan(&f, POD_OF(EXEC, "", ""), IMAGE_PLAIN, NULL), 0);
        CHECK_INT(app_files_write(&f.plan, f.pod_fd, "hosts=none", &d), -EINVAL);
        CHECK_INT(app_files_write(&f.plan, f.pod_fd, "else=host", &d), -EINVAL);
        CHECK_INT(symlinkat("/etc", f.root_fd, "proc"), 0);
        CHECK_INT(app_files_write(&f.plan, f.pod_fd, NULL, &d), -EBADMSG);
        line = diag_format_line(&d);
        CHECK_STR(line, "cannot write the files of app \"web\": /proc of the image is not a directory");
}

TEST(files_of_stage1) {
        _cleanup_(fixture_done) Fixture f = fixture();
        _cleanup_(enter_notes_done) EnterNotes n = {};
        _cleanup_free_ char *passwd = NULL, *group = NULL, *id = NULL;
        size_t size;

        CHECK_INT(plan(&f, POD_OF(EXEC ",\"supplementaryGIDs\":[7,50,7]", "", ""), IMAGE_PLAIN, NULL), 0);
        f.plan.apps[0].account.uid = 1000;
        f.plan.apps[0].account.gid = 50;
        CHECK_INT(stage1_files_write(&f.plan, f.stage1_fd, NULL), 0);
        CHECK_INT(file_read_at(f.stage1_fd, "etc/passwd", 1000, &passwd, &size), 0);
        CHECK_STR(passwd, "root:x:0:0:root:/root:/bin/sh\nrkt-1000:x:1000:65534::/:/bin/sh\n");
        CHECK_INT(file_read_at(f.stage1_fd, "etc/group", 1000, &group, &size), 0);
        CHECK_STR(group, "root:x:0:\nrkt-50:x:50:\nrkt-7:x:7:\n");
        CHECK_INT(file_read_at(f.stage1_fd, "etc/machine-id", 1000, &id, &size), 0);
        CHECK_STR(id, "4070df26fa5a4d059a4e1f2f0e1f9c11\n");

        CHECK_INT(enter_notes_read(f.stage1_fd, "web", &n, NULL), 0);
        CHECK_INT(n.uid, 1000);
        CHECK_INT(n.gid, 50);
        CHECK_STR(n.working_directory, "/");
        CHECK(strv_equal(n.environment, f.plan.apps[0].environment));
        CHECK_INT(enter_notes_read(f.stage1_fd, "other", &n, NULL), -ENOENT);
        CHECK_INT(enter_notes_read(f.stage1_fd, "../web", &n, NULL), -EINVAL);
}

static void check_command(const NspawnCommand *c, const char *arg, bool expected) {
        if (strv_contains(c->argv, arg) != expected)
                test_fail(__FILE__, __LINE__, "argument %s: %s", arg, expected ? "missing" : "there");
}

TEST(nspawn_command) {
        static const struct {
                NspawnHost host;
                bool register_it, keep_unit;
        } rows[] = {
                { NSPAWN_HOST_SERVICE, true, true },
                { NSPAWN_HOST_SHELL, true, false },
                { NSPAWN_HOST_NO_SYSTEMD, false, true },
        };
        char *environment[] = { (char *) "NOTIFY_SOCKET=/run/n", (char *) "SECRET=x", NULL };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(fixture_done) Fixture f = fixture();
                _cleanup_(nspawn_command_done) NspawnCommand c = {};

                f.args.net = (char *) "none";
                CHECK_INT(plan(&f, POD_OF(EXEC, "", ""), IMAGE_PLAIN, NULL), 0);
                CHECK_INT(nspawn_command_make(&f.plan, rows[i].host, f.path, environment, &c), 0);
                check_command(&c, "--register=yes", rows[i].register_it);
                check_command(&c, "--keep-unit", rows[i].keep_unit);
                check_command(&c, "--private-network", true);
                check_command(&c, "--settings=no", true);
                check_command(&c, "--machine=rkt-" UUID, true);
                CHECK_STR(strv_env_get(c.env, "NOTIFY_SOCKET"), "/run/n");
                CHECK(!strv_env_get(c.env, "SECRET"));
                CHECK_STR(strv_env_get(c.env, "SYSTEMD_SECCOMP"), "0");
        }
}

TEST(scope_names) {
        _cleanup_free_ char *a = NULL, *b = NULL;

        CHECK_INT(nspawn_scope_path("rkt-1a", &a), 0);
        CHECK_STR(a, "machine.slice/machine-rkt\\x2d1a.scope");
        CHECK_INT(nspawn_scope_path("web.1", &b), 0);
        CHECK_STR(b, "machine.slice/machine-web.1.scope");
}

DEFINE_TEST_MAIN()
