/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/log.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/pods.h"
#include "stage1/app-files.h"
#include "stage1/cgroup.h"
#include "stage1/mounts.h"
#include "stage1/nspawn.h"
#include "stage1/pod-filter.h"
#include "stage1/units.h"

/* Entrypoint "run": executed by stage0 in the pod's directory, on the host, as root and with the pod's lock
 * in RKT_LOCK_FD. It reads the manifests, plans, writes what the pod's systemd is to read, and becomes
 * systemd-nspawn.
 *
 * Nothing is undone on failure: the pod is then an exited one, and stage0's gc takes it away as it is. The
 * lock's fd stays open in systemd-nspawn, which closes no fds of its own process, and so lives as long as
 * the pod; the child that becomes PID 1 of the pod closes it. subcgroup is written before ppid, as the
 * implementor's guide says. */

#define MACHINE_FILE_MAX 256
#define NO_CONTROLLER "this host has no unified control group hierarchy with that controller"

typedef struct Init {
        int pod_fd;
        char *pod_path;
        Stage1RunArgs args;
        PodManifest *manifest;
        ImageManifest **images; /* one for each app */
        char *machine;          /* or NULL */
        PodPlan plan;
} Init;

static void init_done(Init *in) {
        pod_plan_done(&in->plan);
        if (in->images)
                for (size_t i = 0; i < in->manifest->n_apps; i++)
                        image_manifest_free(in->images[i]);
        free(in->images);
        pod_manifest_free(in->manifest);
        free(in->machine);
        free(in->pod_path);
        stage1_run_args_done(&in->args);
        in->pod_fd = safe_close(in->pod_fd);
}

static int check_lock(int pod_fd, Diag *diag) {
        const char *value = getenv(STAGE1_ENV_LOCK_FD);
        struct stat a, b;
        uint32_t fd;

        if (!value || parse_u32(value, &fd) < 0 || fd > INT32_MAX || fstat((int) fd, &a) < 0 ||
            fstat(pod_fd, &b) < 0)
                return diag_set(diag, -EBADF, "no lock of the pod in $" STAGE1_ENV_LOCK_FD);
        if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
                return diag_set(diag, -EBADF, "$" STAGE1_ENV_LOCK_FD " is the lock of something else");
        return fd_set_cloexec((int) fd, false);
}

static int load_pod_manifest(Init *in, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read_at(in->pod_fd, POD_MANIFEST_FILE, POD_MANIFEST_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the pod manifest");
        return pod_manifest_parse(POD_MANIFEST_FILE, text, size, &in->manifest, diag);
}

static int load_image_manifest(Init *in, const char *app, ImageManifest **ret, Diag *diag) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;
        int r;

        path = strjoin(POD_APPSINFO_DIR "/", app, "/" POD_APPINFO_MANIFEST, NULL);
        if (!path)
                return -ENOMEM;
        r = file_read_at(in->pod_fd, path, IMAGE_MANIFEST_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the image manifest of app \"%s\"", app);
        return image_manifest_parse(path, text, size, ret, diag);
}

static int load_machine(Init *in, Diag *diag) {
        size_t size;
        int r;

        r = file_read_at(in->pod_fd, POD_MACHINE_FILE, MACHINE_FILE_MAX, &in->machine, &size);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return diag_errno(diag, r, "cannot read \"%s\"", POD_MACHINE_FILE);
        in->machine[strcspn(in->machine, "\n")] = 0;
        return 0;
}

static int load(Init *in, Diag *diag) {
        int r;

        r = load_pod_manifest(in, diag);
        if (r < 0)
                return r;
        in->images = calloc(MAX(in->manifest->n_apps, (size_t) 1), sizeof(ImageManifest *));
        if (!in->images)
                return -ENOMEM;
        for (size_t i = 0; i < in->manifest->n_apps; i++) {
                r = load_image_manifest(in, in->manifest->apps[i].name, &in->images[i], diag);
                if (r < 0)
                        return r;
        }
        return load_machine(in, diag);
}

static int make_plan(Init *in, Diag *diag) {
        const PlanInput input = {
                .pod_fd = in->pod_fd,
                .pod_path = in->pod_path,
                .args = &in->args,
                .manifest = in->manifest,
                .images = in->images,
                .machine = in->machine,
        };

        int r;

        r = pod_plan_make(&input, &in->plan, diag);
        if (r < 0)
                return r;
        /* as systemd-nspawn decides whether to read from it */
        in->plan.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        if (in->plan.interactive && !in->plan.terminal)
                log_warning("standard input and output are not both a terminal: the app gets no input");
        return 0;
}

static int write_files(Init *in, Diag *diag) {
        _cleanup_(unit_list_done) UnitList units = {};
        _cleanup_close_ int stage1_fd = -EBADF;
        int r;

        stage1_fd = openat(in->pod_fd, POD_STAGE1_ROOTFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (stage1_fd < 0)
                return diag_errno(diag, -errno, "cannot open stage1's root");
        r = mounts_prepare(&in->plan, in->pod_fd, diag);
        if (r >= 0)
                r = units_make(&in->plan, &units, diag);
        if (r >= 0)
                r = app_files_write(&in->plan, in->pod_fd, in->args.dns_conf_mode, diag);
        if (r >= 0)
                r = stage1_files_write(&in->plan, stage1_fd, diag);
        return r < 0 ? r : units_write(&units, stage1_fd, diag);
}

/* ret_subcgroup: without leading "/". */
static int find_host(const Init *in, NspawnHost *ret_host, char **ret_subcgroup, Diag *diag) {
        _cleanup_free_ char *own = NULL, *service = NULL;
        int r;

        r = cgroup_of_process(getpid(), &own);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the control group");
        if (access("/run/systemd/system", F_OK) < 0) {
                *ret_host = NSPAWN_HOST_NO_SYSTEMD;
                *ret_subcgroup = strdup(own + 1);
                return *ret_subcgroup ? 0 : -ENOMEM;
        }

        r = cgroup_service(own, &service);
        if (r < 0)
                return r;
        *ret_host = service ? NSPAWN_HOST_SERVICE : NSPAWN_HOST_SHELL;
        if (!service)
                return nspawn_scope_path(in->plan.machine, ret_subcgroup);
        *ret_subcgroup = strdup(service + 1);
        return *ret_subcgroup ? 0 : -ENOMEM;
}

static void warn_about_limits(const Init *in, NspawnHost host, const char *subcgroup) {
        _cleanup_free_ char *cgroup = strjoin(host == NSPAWN_HOST_SERVICE ? "/" : "",
                                              host == NSPAWN_HOST_SERVICE ? subcgroup : "", NULL);

        for (size_t i = 0; cgroup && i < in->plan.n_apps; i++) {
                const AppPlan *a = &in->plan.apps[i];

                if (a->limits.memory_bytes > 0 && !cgroup_has_controller(cgroup, "memory"))
                        log_warning("memory limit of app \"%s\" has no effect: " NO_CONTROLLER, a->name);
                if (a->limits.cpu_milli > 0 && !cgroup_has_controller(cgroup, "cpu"))
                        log_warning("CPU limit of app \"%s\" has no effect: " NO_CONTROLLER, a->name);
        }
}

static int write_process_files(const Init *in, const char *subcgroup, Diag *diag) {
        _cleanup_free_ char *pid = xasprintf("%d", (int) getpid());
        int r;

        if (!pid)
                return -ENOMEM;
        r = file_write_at(in->pod_fd, POD_SUBCGROUP_FILE, subcgroup, strlen(subcgroup), 0644, 0);
        if (r >= 0)
                r = file_write_at(in->pod_fd, POD_PPID_FILE, pid, strlen(pid), 0644, 0);
        return r < 0 ? diag_errno(diag, r, "cannot write to the pod's directory") : 0;
}

static int become_nspawn(const Init *in, Diag *diag) {
        _cleanup_(nspawn_command_done) NspawnCommand command = {};
        _cleanup_free_ char *subcgroup = NULL;
        NspawnHost host;
        int r;

        r = find_host(in, &host, &subcgroup, diag);
        if (r < 0)
                return r;
        warn_about_limits(in, host, subcgroup);
        r = nspawn_command_make(&in->plan, host, in->pod_path, environ, &command);
        if (r >= 0)
                r = write_process_files(in, subcgroup, diag);
        if (r < 0)
                return r;

        r = in->args.disable_paths ? 0 : device_filter_install();
        if (r >= 0 && !in->args.disable_seccomp)
                r = pod_filter_install();
        if (r < 0)
                return diag_errno(diag, r, "cannot install the pod's system call filters");
        execve(command.argv[0], command.argv, command.env);
        return diag_errno(diag, -errno, "cannot execute %s", command.argv[0]);
}

static int run(Init *in, int argc, char **argv, Diag *diag) {
        int r;

        r = stage1_run_args_parse(argc, argv, &in->args, diag);
        if (r < 0)
                return r;
        log_setup("stage1", in->args.debug);

        in->pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        in->pod_path = in->pod_fd < 0 ? NULL : get_current_dir_name();
        if (!in->pod_path)
                return diag_errno(diag, -errno, "cannot open the pod's directory");
        r = check_lock(in->pod_fd, diag);
        if (r >= 0)
                r = load(in, diag);
        if (r >= 0)
                r = make_plan(in, diag);
        if (r >= 0)
                r = write_files(in, diag);
        return r < 0 ? r : become_nspawn(in, diag);
}

int main(int argc, char **argv) {
        _cleanup_(init_done) Init in = { .pod_fd = -EBADF };
        _cleanup_diag_ Diag diag = {};
        int r;

        process_init();
        log_setup("stage1", false);
        r = run(&in, argc, argv, &diag);
        if (r < 0)
                log_diag(&diag, r);
        return EXIT_RKT_FAILURE;
}
