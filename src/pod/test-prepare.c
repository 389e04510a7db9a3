/* SPDX-License-Identifier: Apache-2.0 */

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "basic/mount-util.h"
#include "basic/path-util.h"
#include "basic/process-util.h"
#include "layout/stage1.h"
#include "pod/lifecycle.h"
#include "pod/test-util.h"

/* Pods from real images: an app's and a stage1's whose entrypoints are shell scripts that write down how
 * they were called. Needs root, the importer in $RKT_HELPER_DIR and tar(1); mounts are made in a namespace
 * of the test's own. */

#define APP_MANIFEST                                                                                         \
        "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/app\",\"labels\":["   \
        "{\"name\":\"version\",\"value\":\"1.0\"},{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\"," \
        "\"value\":\"amd64\"}],\"app\":{\"exec\":[\"/bin/"                                                   \
        "app\"],\"user\":\"0\",\"group\":\"0\",\"mountPoints\":["                                            \
        "{\"name\":\"data\",\"path\":\"/data\"}]}}"
#define STAGE1_MANIFEST                                                                                      \
        "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/"                     \
        "stage1\",\"annotations\":["                                                                         \
        "{\"name\":\"coreos.com/rkt/stage1/run\",\"value\":\"/init\"},"                                      \
        "{\"name\":\"coreos.com/rkt/stage1/stop\",\"value\":\"/stop\"},"                                    \
        "{\"name\":\"coreos.com/rkt/stage1/gc\",\"value\":\"/gc\"},"                                     \
        "{\"name\":\"coreos.com/rkt/stage1/interface-version\",\"value\":\"5\"}]}"

/* Writes down how it was called, and runs until something is written to the fifo "end" of the pod. */
#define INIT_SCRIPT                                                                                          \
        "#!/bin/sh\n"                                                                                        \
        "echo \"$PWD\" \"$@\" >../../../called\n"                                                            \
        "env >../../../environment\n"                                                                        \
        "ls -l /proc/self/fd >../../../fds\n"                                                                \
        "mkfifo end && exec 3<>end\n"                                                                        \
        "echo $$ >pid\n"                                                                                     \
        "exec head -c1 <&3\n"
#define GC_SCRIPT "#!/bin/sh\nls stage1/rootfs >../../../collected\n"
#define STOP_SCRIPT "#!/bin/sh\necho \"$@\" >../../../stopped\necho >end\n"

typedef struct Host {
        char *path;
        int dir_fd;
        Paths paths;
        ImageStore *store;
        char *app, *stage1; /* paths of archives */
} Host;

static bool can_run(void) {
        if (geteuid() == 0 && getenv("RKT_HELPER_DIR"))
                return true;

        printf("# SKIP: needs root and RKT_HELPER_DIR\n");
        return false;
}

static void write_at(int dir_fd, const char *path, const char *text, mode_t mode) {
        CHECK_INT(file_write_at(dir_fd, path, text, strlen(text), mode, 0), 0);
}

static char *archive(Host *h, const char *name) {
        char *path = xasprintf("%s/%s.aci", h->path, name);
        _cleanup_free_ char *dir = path_join(h->path, name);
        pid_t pid;
        int code;

        CHECK(path && dir);
        const SpawnArgs tar = {
                .path = "/usr/bin/tar",
                .argv = (char *const[]){ (char *) "tar", (char *) "-cf", path, (char *) "manifest",
                                         (char *) "rootfs", NULL },
                .stdin_fd = -EBADF,
                .stdout_fd = -EBADF,
                .stderr_fd = -EBADF,
                .cwd = dir,
        };
        CHECK_INT(process_spawn(&tar, &pid), 0);
        CHECK_INT(process_wait(pid, USEC_INFINITY, &code), 0);
        CHECK_INT(code, 0);
        return path;
}

static void make_images(Host *h) {
        CHECK_INT(mkdir_p_at(h->dir_fd, "app/rootfs/etc", 0755), 0);
        CHECK_INT(mkdir_p_at(h->dir_fd, "app/rootfs/bin", 0755), 0);
        write_at(h->dir_fd, "app/rootfs/bin/app", "program\n", 0755);
        write_at(h->dir_fd, "app/manifest", APP_MANIFEST, 0644);
        CHECK_INT(fchownat(h->dir_fd, "app/rootfs", 33, 44, 0), 0);
        CHECK_INT(fchmodat(h->dir_fd, "app/rootfs", 0751, 0), 0);
        h->app = archive(h, "app");

        CHECK_INT(mkdir_p_at(h->dir_fd, "stage1/rootfs/rkt", 0755), 0);
        write_at(h->dir_fd, "stage1/rootfs/init", INIT_SCRIPT, 0755);
        write_at(h->dir_fd, "stage1/rootfs/stop", STOP_SCRIPT, 0755);
        write_at(h->dir_fd, "stage1/rootfs/gc", GC_SCRIPT, 0755);
        write_at(h->dir_fd, "stage1/manifest", STAGE1_MANIFEST, 0644);
        h->stage1 = archive(h, "stage1");
}

static Host host_new(void) {
        Host h = { .path = test_tmpdir() };

        CHECK_INT(unshare(CLONE_NEWNS), 0);
        CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        /* Whatever the temporary directory is on, overlay works on this. */
        CHECK_INT(mount("tmpfs", h.path, "tmpfs", 0, NULL), 0);

        h.dir_fd = open(h.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(h.dir_fd >= 0);
        h.paths.data_dir = h.path;
        h.paths.local_config = (char *) "/nonexistent";
        h.paths.system_config = (char *) "/nonexistent";
        h.paths.user_config = (char *) "";
        CHECK_INT(pods_init(h.dir_fd, NULL), 0);
        CHECK_INT(image_store_open(h.dir_fd, true, &h.store, NULL), 0);
        make_images(&h);
        return h;
}

static void host_done(Host *h) {
        image_store_close(h->store);
        safe_close(h->dir_fd);
        (void) umount_recursive(h->path);
        free(h->app);
        free(h->stage1);
        free(h->path);
}

static PodContext context(const Host *h) {
        return (PodContext) { .data_dir_fd = h->dir_fd, .paths = &h->paths, .store = h->store };
}

static PodSpec one_app(const Host *h) {
        PodSpec s = { .stage1 = strdup(h->stage1) };
        AppSpec *a = pod_spec_add_app(&s);

        CHECK(a);
        a->image = strdup(h->app);
        CHECK(s.stage1 && a->image);
        return s;
}

static int prepare(const Host *h, const PodSpec *s, Pod **ret, Diag *diag) {
        const PodContext c = context(h);
        const FetchArgs fetch = { .paths = &h->paths, .insecure = INSECURE_IMAGE };

        return pod_prepare(&c, &(PrepareArgs) { .spec = s, .fetch = &fetch }, ret, diag);
}

static Pod *prepare_ok(const Host *h, const PodSpec *s) {
        _cleanup_diag_ Diag diag = {};
        Pod *p = NULL;

        if (prepare(h, s, &p, &diag) < 0) {
                _cleanup_free_ char *text = diag_format_line(&diag);

                test_fail(__FILE__, __LINE__, "%s", text);
        }
        return p;
}

static size_t count_pods(const Host *h) {
        size_t n = 0;

        for (PodPhase phase = 0; phase < _POD_PHASE_MAX; phase++) {
                _cleanup_strv_free_ char **names = NULL;

                CHECK_INT(dir_list_at(h->dir_fd, pod_phase_directory(phase), &names), 0);
                n += strv_length(names);
        }
        return n;
}

static char *read_text(int dir_fd, const char *file) {
        char *text = NULL;
        int r = file_read_at(dir_fd, file, 65536, &text, NULL);

        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %s", file, strerror(-r));
        return text;
}

TEST(files_of_a_prepared_pod) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_spec_done) PodSpec s = one_app(&h);
        _cleanup_(pod_closep) Pod *p = prepare_ok(&h, &s);
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_strv_free_ char **trees = NULL;

        CHECK_INT(test_state(p), POD_PREPARING);
        CHECK_INT(pod_load_manifest(p, &m, NULL), 0);
        CHECK_STR(m->apps[0].name, "app");
        CHECK_STR(m->apps[0].mounts[0].volume, "app-data");

        _cleanup_free_ char *tree = read_text(p->fd, POD_APPSINFO_DIR "/app/" POD_APPINFO_TREE);
        _cleanup_free_ char *stage1 = read_text(p->fd, POD_STAGE1_TREE_FILE);
        _cleanup_free_ char *manifest = read_text(p->fd, POD_APPSINFO_DIR "/app/" POD_APPINFO_MANIFEST);
        CHECK_STR(tree, m->apps[0].image_id);
        CHECK(image_id_is_valid(stage1));
        CHECK_STR(manifest, APP_MANIFEST);
        CHECK_INT(path_exists_at(p->fd, POD_OVERLAY_MARK), 1);
        CHECK_INT(path_exists_at(p->fd, POD_CREATED_FILE), 1);
        CHECK_INT(path_exists_at(p->fd, POD_STAGE1_ROOTFS "/init"), 0);

        CHECK_INT(pods_trees_in_use(h.dir_fd, &trees), 0);
        CHECK(strv_contains(trees, tree) && strv_contains(trees, stage1) && strv_length(trees) == 2);

        CHECK_INT(pod_transition(p, POD_PHASE_PREPARED, NULL), 0);
        CHECK_INT(test_state(p), POD_PREPARED);
}

TEST(copies_without_overlay) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_spec_done) PodSpec s = one_app(&h);
        struct stat st;

        s.no_overlay = true;
        _cleanup_(pod_closep) Pod *p = prepare_ok(&h, &s);
        CHECK_INT(path_exists_at(p->fd, POD_OVERLAY_MARK), 0);
        CHECK_INT(path_exists_at(p->fd, POD_STAGE1_ROOTFS "/init"), 1);
        CHECK_INT(fstatat(p->fd, POD_STAGE1_ROOTFS "/opt/stage2/app/rootfs", &st, 0), 0);
        CHECK_INT(st.st_uid, 33);
        CHECK_INT(st.st_gid, 44);
        CHECK_INT(st.st_mode & 07777, 0751);
        _cleanup_free_ char *program = read_text(p->fd, POD_STAGE1_ROOTFS "/opt/stage2/app/rootfs/bin/app");
        CHECK_STR(program, "program\n");
        CHECK_INT(path_exists_at(p->fd, POD_APPSINFO_DIR "/app/" POD_APPINFO_TREE), 0);
}

/* What a user gets wrong leaves nothing behind. */
TEST(mistakes) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        static const struct {
                const char *image, *stage1, *name, *manifest; /* NULL: the right one */
                int error;
                const char *message;
        } cases[] = {
                { "/nonexistent.aci", NULL, NULL, NULL, -ENOENT, "/nonexistent.aci" },
                { NULL, "/nonexistent.aci", NULL, NULL, -ENOENT,
                  "cannot get stage1 image \"/nonexistent.aci\"" },
                { NULL, NULL, "Bad_Name", NULL, -EINVAL, "invalid app name \"Bad_Name\"" },
                { NULL, NULL, NULL, "/nonexistent", -ENOENT, "error reading pod manifest \"/nonexistent\"" },
                { NULL, NULL, NULL, "{}", -EBADMSG, "" },
                { NULL, NULL, NULL,
                  "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"x\",\"image\":{"
                  "\"id\":\"" TEST_IMAGE_ID "\"}}]}",
                  -ENOENT, "error getting the image of app \"x\" from the store" },
                { NULL, NULL, NULL, "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[]}",
                  -EINVAL, "pod must contain at least one application" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pod_spec_done) PodSpec s = one_app(&h);
                _cleanup_(pod_closep) Pod *p = NULL;
                _cleanup_diag_ Diag diag = {};

                if (cases[i].image)
                        s.apps[0].image = (free(s.apps[0].image), strdup(cases[i].image));
                if (cases[i].stage1)
                        s.stage1 = (free(s.stage1), strdup(cases[i].stage1));
                if (cases[i].name)
                        s.apps[0].name = strdup(cases[i].name);
                if (cases[i].manifest && cases[i].manifest[0] == '/')
                        s.pod_manifest = strdup(cases[i].manifest);
                else if (cases[i].manifest) {
                        write_at(h.dir_fd, "pod.json", cases[i].manifest, 0644);
                        s.pod_manifest = path_join(h.path, "pod.json");
                }

                CHECK_INT(prepare(&h, &s, &p, &diag), cases[i].error);
                _cleanup_free_ char *text = diag_format_line(&diag);
                CHECK(text && strstr(text, cases[i].message));
                CHECK_INT(count_pods(&h), 0);
        }
}

TEST(given_manifest_and_ids) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_spec_done) PodSpec s = one_app(&h), given = { .stage1 = strdup(h.stage1) };
        _cleanup_(pod_closep) Pod *p = prepare_ok(&h, &s), *q = NULL, *again = NULL;
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL, *n = NULL;

        CHECK_INT(pod_load_manifest(p, &m, NULL), 0);
        const char *id = m->apps[0].image_id;

        /* Ids in a manifest may be short. */
        _cleanup_free_ char *text =
                xasprintf("{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":"
                          "\"given\",\"image\":{\"id\":\"%.40s\"}}]}",
                          id);
        write_at(h.dir_fd, "pod.json", text, 0644);
        given.pod_manifest = path_join(h.path, "pod.json");
        q = prepare_ok(&h, &given);
        CHECK_INT(pod_load_manifest(q, &n, NULL), 0);
        CHECK_STR(n->apps[0].name, "given");
        CHECK_STR(n->apps[0].image_id, id);
        CHECK_STR(n->apps[0].image_name, "example.com/app");

        /* Nobody looks at the reference when the id is known. */
        const PodContext c = context(&h);
        const FetchArgs fetch = { .paths = &h.paths, .insecure = INSECURE_IMAGE };
        char *const ids[] = { (char *) id, NULL };
        s.apps[0].image = (free(s.apps[0].image), strdup("/nonexistent"));
        const PrepareArgs args = { .spec = &s, .image_ids = ids, .fetch = &fetch };
        CHECK_INT(pod_prepare(&c, &args, &again, NULL), 0);
        CHECK_INT(pod_prepare(&c,
                              &(PrepareArgs){ .spec = &s,
                                              .image_ids = (char *const[]){ ids[0], ids[0], NULL },
                                              .fetch = &fetch },
                              &again, NULL),
                  -EINVAL);
}

/* In a child: what pod_run() leaves is stage1. */
static pid_t run(const Host *h, Pod *p) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid > 0) {
                p->held = POD_HELD_NOTHING;
                p->fd = safe_close(p->fd);
                return pid;
        }

        const PodContext c = context(h);
        const RunArgs a = {
                .stage1 = { .net = (char *) "none", .hostname = (char *) "here" },
                .machine_name = "shop",
                .unit = "pod@shop.service",
                .machine_fd = -EBADF,
        };
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(setenv("NOTIFY_SOCKET", "/run/notify", 1), 0);
        CHECK_INT(setenv("SECRET", "x", 1), 0);
        (void) signal(SIGPIPE, SIG_IGN);
        CHECK(open(h->app, O_RDONLY) >= 0); /* as somebody forgot it */
        int r = pod_run(&c, p, &a, &diag);
        fprintf(stderr, "%s\n", strempty(diag.message));
        _exit(r < 0 ? 254 : 253);
}

static int exit_code(pid_t pid) {
        int status;

        CHECK_INT(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void check_fds(const Host *h, const Pod *p, int lock_fd) {
        _cleanup_free_ char *fds = read_text(h->dir_fd, "fds");
        _cleanup_free_ char *lock =
                xasprintf(" %d -> %s/%s\n", lock_fd, h->path, pod_path_in(p, POD_PHASE_RUN).s);

        CHECK(strstr(fds, lock));
        CHECK(!strstr(fds, h->app));
}

TEST(run_and_stop) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_spec_done) PodSpec s = one_app(&h);
        Pod *mine = prepare_ok(&h, &s);
        _cleanup_free_ char *uuid = strdup(pod_uuid(mine));
        _cleanup_(pod_closep) Pod *p = NULL;
        _cleanup_(pod_status_done) PodStatus status = {};
        int lock_fd = mine->fd;
        struct stat st;
        pid_t found;

        pid_t pid = run(&h, mine);
        pod_close(mine);

        CHECK_INT(pod_open(h.dir_fd, uuid, &p, NULL), 0);
        while (test_state(p) == POD_PREPARING)
                ;
        CHECK_INT(pod_get_pid(p, &found, NULL), 0);
        CHECK_INT(found, pid);
        CHECK_INT(test_state(p), POD_RUNNING);

        _cleanup_free_ char *called = read_text(h.dir_fd, "called");
        _cleanup_free_ char *expected =
                xasprintf("%s/pods/run/%s --net=none --hostname=here %s\n", h.path, uuid, uuid);
        CHECK_STR(called, expected);
        _cleanup_free_ char *environment = read_text(h.dir_fd, "environment");
        _cleanup_free_ char *lock = xasprintf("\n" STAGE1_ENV_LOCK_FD "=%d\n", lock_fd);
        CHECK(strstr(environment, lock));
        CHECK(strstr(environment, "NOTIFY_SOCKET=/run/notify\n"));
        CHECK(!strstr(environment, "SECRET"));
        check_fds(&h, p, lock_fd);

        /* The app's root is the image's, with an upper layer of its own. */
        CHECK_INT(fstatat(p->fd, POD_STAGE1_ROOTFS "/opt/stage2/app/rootfs", &st, 0), 0);
        CHECK_INT(st.st_uid, 33);
        CHECK_INT(st.st_mode & 07777, 0751);
        CHECK_INT(path_exists_at(p->fd, POD_STAGE1_ROOTFS "/opt/stage2/app/rootfs/bin/app"), 1);
        CHECK_INT(path_exists_at(p->fd, POD_STAGE1_ROOTFS "/opt/stage2/app/rootfs/etc/mtab"), 1);
        CHECK_INT(path_exists_at(p->fd, POD_VOLUMES_DIR "/app-data"), 1);

        const PodContext c = context(&h);
        CHECK_INT(pod_remove(&c, p, NULL), -EBUSY);
        CHECK_INT(pod_enter(&c, p, NULL, (char *const[]) { (char *) "x", NULL }, NULL), -EOPNOTSUPP);

        /* Root in the pod changes its stop program; the host does not execute it. */
        CHECK_INT(file_write_at(p->fd, POD_STAGE1_ROOTFS "/stop", "#!/bin/sh\n: >../../../pwned\n", 28, 0755,
                                0),
                  0);
        CHECK_INT(pod_stop(&c, p, /* force= */ true, NULL), 0);
        CHECK_INT(pod_wait(p, /* ready= */ false, 20 * USEC_PER_SEC, NULL), 0);
        CHECK_INT(exit_code(pid), 0);
        _cleanup_free_ char *stopped = read_text(h.dir_fd, "stopped");
        _cleanup_free_ char *stop_args = xasprintf("--force %s\n", uuid);
        CHECK_STR(stopped, stop_args);
        CHECK_INT(path_exists_at(h.dir_fd, "pwned"), 0);
        CHECK_INT(pod_stop(&c, p, false, NULL), -EALREADY);

        CHECK_INT(pod_get_status(p, &status, NULL), 0);
        CHECK_INT(status.state, POD_EXITED);
        CHECK_STR(status.machine, "shop");
        CHECK_STR(status.unit, "pod@shop.service");
        CHECK(status.started >= status.created);

        /* The mounts stay; when they are gone, after a reboot, gc makes that of stage1 anew. */
        CHECK_INT(path_is_mount_point(p->fd, POD_STAGE1_ROOTFS), 1);
        CHECK_INT(umount_at(p->fd, POD_STAGE1_ROOTFS), 0);
        CHECK_INT(pod_remove(&c, p, NULL), 0);
        CHECK_INT(count_pods(&h), 0);
        _cleanup_free_ char *collected = read_text(h.dir_fd, "collected");
        CHECK(strstr(collected, "init\n") && strstr(collected, "rkt\n"));
}

/* Nothing stays mounted of a pod that could not be started, and gc removes it. */
TEST(failing_run) {
        if (!can_run())
                return;

        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_spec_done) PodSpec s = one_app(&h);
        Pod *mine = prepare_ok(&h, &s);
        _cleanup_free_ char *uuid = strdup(pod_uuid(mine));
        _cleanup_(pod_closep) Pod *p = NULL;

        CHECK_INT(unlinkat(mine->fd, POD_STAGE1_MANIFEST, 0), 0);
        pid_t pid = run(&h, mine);
        pod_close(mine);
        CHECK_INT(exit_code(pid), 254);

        CHECK_INT(pod_open(h.dir_fd, uuid, &p, NULL), 0);
        CHECK_INT(test_state(p), POD_EXITED);
        CHECK_INT(path_is_mount_point(p->fd, POD_STAGE1_ROOTFS), 0);

        const PodContext c = context(&h);
        CHECK_INT(pods_gc(&c, &(PodGcArgs) {}, NULL), 0);
        CHECK_INT(count_pods(&h), 0);
}

DEFINE_TEST_MAIN()
