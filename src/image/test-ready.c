/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "basic/test.h"
#include "image/import.h"
#include "image/ready.h"
#include "layout/pods.h"

#define NOBODY_HAS "sha512-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A store with one rendered image, made from an archive of the smallest kind. */
typedef struct World {
        char *dir, *archive, *id;
        int data_fd;
        ImageStore *store;
} World;

static void world_done(World *w) {
        image_store_close(w->store);
        safe_close(w->data_fd);
        free(w->dir);
        free(w->archive);
        free(w->id);
}

static void octal(char *field, size_t size, unsigned long value) {
        for (field[--size] = '\0'; size > 0; value >>= 3)
                field[--size] = (char) ('0' + (value & 7));
}

/* A ustar header and the data, in blocks of 512. */
static void add_entry(StringBuf *tar, const char *name, char type, const char *data) {
        static const char zeros[512];
        char head[512] = {};
        unsigned sum = 0;

        (void) snprintf(head, 100, "%s", name);
        octal(head + 100, 8, 0755);
        octal(head + 108, 8, 0);
        octal(head + 116, 8, 0);
        octal(head + 124, 12, strlen(data));
        octal(head + 136, 12, 0);
        memset(head + 148, ' ', 8);
        head[156] = type;
        memcpy(head + 257, "ustar\00000", 8);
        for (size_t i = 0; i < sizeof(head); i++)
                sum += (unsigned char) head[i];
        octal(head + 148, 7, sum);
        CHECK_INT(string_buf_append_n(tar, head, sizeof(head)), 0);
        CHECK_INT(string_buf_append(tar, data), 0);
        CHECK_INT(string_buf_append_n(tar, zeros, (512 - strlen(data) % 512) % 512), 0);
}

static void write_archive(const char *path, const char *name) {
        static const char zeros[1024];
        _cleanup_(string_buf_done) StringBuf tar = {};
        _cleanup_free_ char *manifest = xasprintf(
                "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"%s\"}", name);

        add_entry(&tar, "manifest", '0', manifest);
        add_entry(&tar, "rootfs/", '5', "");
        CHECK_INT(string_buf_append_n(&tar, zeros, sizeof(zeros)), 0);
        CHECK_INT(file_write_at(AT_FDCWD, path, tar.data, tar.size, 0644, 0), 0);
}

static void world_init(World *w) {
        _cleanup_(image_import_freep) ImageImport *import = NULL;
        _cleanup_close_ int archive = -EBADF;
        _cleanup_diag_ Diag diag = {};

        *w = (World) { .dir = test_tmpdir() };
        CHECK((w->data_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
        CHECK_INT(image_store_open(w->data_fd, /* create= */ true, &w->store, &diag), 0);
        CHECK(w->archive = path_join(w->dir, "x.aci"));
        write_archive(w->archive, "test.example/x");
        CHECK((archive = open(w->archive, O_RDONLY | O_CLOEXEC)) >= 0);
        CHECK_INT(image_import_begin(w->store, archive, &(ImageLimits) {}, &import, &diag), 0);
        if (image_import_wait(import, &diag) < 0)
                test_fail(__FILE__, __LINE__, "%s", strempty(diag.message));
        CHECK_INT(image_import_accept(import, &(ImageAccept) {}, &w->id, &diag), 0);
}

static usec_t soon(void) {
        return now_usec(CLOCK_REALTIME) + USEC_PER_SEC;
}

static void save(const World *w, char *const *refs) {
        CHECK_INT(ready_save(w->data_fd, "web", refs, (char *const[]) { w->id, NULL }, soon()), 1);
}

static void check_load(const World *w, char *const *refs, int error) {
        _cleanup_strv_free_ char **ids = NULL;

        CHECK_INT(ready_load(w->data_fd, w->store, "web", refs, &ids), error);
        if (error == 0) {
                CHECK_INT(strv_length(ids), strv_length(refs));
                CHECK_STR(ids[0], w->id);
        } else
                CHECK_INT(path_exists_at(w->data_fd, READY_DIR "/web"), 0);
}

TEST(round_trip) {
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { w.archive, NULL }, *const names[] = { (char *) "test.example/x:1", NULL };

        check_load(&w, refs, -ENOENT);
        save(&w, refs);
        check_load(&w, refs, 0);
        check_load(&w, refs, 0);
        save(&w, names);
        check_load(&w, names, 0);
}

TEST(several_in_order) {
        _cleanup_strv_free_ char **ids = NULL;
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { (char *) "a b,c", w.archive, (char *) "a", NULL };
        char *const same[] = { w.id, w.id, w.id, NULL };

        CHECK_INT(ready_save(w.data_fd, "web", refs, same, soon()), -EINVAL);
        char *const good[] = { (char *) "a,c=b%20d", w.archive, (char *) "a", NULL };
        CHECK_INT(ready_save(w.data_fd, "web", good, same, soon()), 1);
        CHECK_INT(ready_load(w.data_fd, w.store, "web", good, &ids), 0);
        CHECK_INT(strv_length(ids), 3);
}

TEST(other_references_are_stale) {
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { (char *) "a", NULL }, *const other[] = { (char *) "b", NULL },
                   *const more[] = { (char *) "a", (char *) "a", NULL }, *const none[] = { NULL };

        save(&w, refs);
        check_load(&w, other, -ESTALE);
        check_load(&w, refs, -ENOENT);
        save(&w, refs);
        check_load(&w, more, -ESTALE);
        save(&w, refs);
        check_load(&w, none, -ESTALE);
}

TEST(changed_file_is_stale) {
        _cleanup_(world_done) World w;
        _cleanup_free_ char *aside = NULL;

        world_init(&w);
        char *const refs[] = { w.archive, NULL };
        CHECK(aside = path_join(w.dir, "aside"));

        /* Its times, its content, its place. */
        save(&w, refs);
        CHECK(utimensat(AT_FDCWD, w.archive, (struct timespec[2]){ { .tv_sec = 1 }, { .tv_sec = 1 } }, 0) ==
              0);
        check_load(&w, refs, -ESTALE);
        save(&w, refs);
        CHECK(truncate(w.archive, 10) == 0);
        check_load(&w, refs, -ESTALE);
        save(&w, refs);
        CHECK(rename(w.archive, aside) == 0);
        check_load(&w, refs, -ESTALE);

        /* Through a symlink, what it points to counts. */
        CHECK(symlink(aside, w.archive) == 0);
        save(&w, refs);
        check_load(&w, refs, 0);
        CHECK(unlink(w.archive) == 0);
        check_load(&w, refs, -ESTALE);
}

TEST(file_touched_during_the_fetch_is_not_recorded) {
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { w.archive, NULL }, *const ids[] = { w.id, NULL };
        usec_t before = now_usec(CLOCK_REALTIME) - USEC_PER_SEC;

        CHECK_INT(ready_save(w.data_fd, "web", refs, ids, before), 0);
        check_load(&w, refs, -ENOENT);
        /* Names have no such time. */
        CHECK_INT(ready_save(w.data_fd, "web", (char *const[]) { (char *) "a", NULL }, ids, before), 1);
}

TEST(removed_image_is_stale) {
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { w.archive, NULL };
        save(&w, refs);
        CHECK_INT(image_store_remove(w.store, w.id, NULL), 0);
        check_load(&w, refs, -ESTALE);
}

TEST(forget_image) {
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { w.archive, NULL };
        CHECK_INT(ready_forget_image(w.data_fd, w.id), 0);
        save(&w, refs);
        CHECK_INT(ready_forget_image(w.data_fd, NOBODY_HAS), 0);
        check_load(&w, refs, 0);
        CHECK_INT(ready_forget_image(w.data_fd, w.id), 0);
        check_load(&w, refs, -ENOENT);
        CHECK_INT(ready_forget_image(w.data_fd, "sha512-"), -EINVAL);
}

TEST(images_of_a_pod) {
        _cleanup_strv_free_ char **ids = NULL;
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { w.archive, NULL };
        CHECK_INT(ready_images(w.data_fd, "web", &ids), 0);
        CHECK(!ids);
        save(&w, refs);
        CHECK_INT(ready_images(w.data_fd, "web", &ids), 0);
        CHECK_INT(strv_length(ids), 1);
        CHECK_STR(ids[0], w.id);
        CHECK_INT(ready_images(w.data_fd, "../x", &ids), -EINVAL);
}

TEST(damaged_files_are_stale) {
        static const char *const texts[] = {
                "", "\n", "rkt-ready 1\n", "rkt-ready 1\nend\n", "rkt-ready 2\n" NOBODY_HAS " - a\nend\n",
                "rkt-ready 1\n" NOBODY_HAS " - a\n", "rkt-ready 1\nsha512-../../x - a\nend\n",
                "rkt-ready 1\n" NOBODY_HAS "\nend\n", "rkt-ready 1\n" NOBODY_HAS " - a\nend\nmore\n",
                "rkt-ready 1\n" NOBODY_HAS " - a\nend\n",
        };
        char *const refs[] = { (char *) "a", NULL };
        _cleanup_(world_done) World w;

        world_init(&w);
        CHECK_INT(mkdir_p_at(w.data_fd, READY_DIR, 0755), 0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                CHECK_INT(file_write_at(w.data_fd, READY_DIR "/web", texts[i], strlen(texts[i]), 0644, 0), 0);
                check_load(&w, refs, -ESTALE);
        }
}

TEST(bad_arguments) {
        _cleanup_strv_free_ char **ids = NULL;
        _cleanup_(world_done) World w;

        world_init(&w);
        char *const refs[] = { (char *) "a", NULL }, *const line[] = { (char *) "a\nb", NULL },
                   *const good[] = { w.id, NULL }, *const bad[] = { (char *) "sha512-x", NULL };

        CHECK_INT(ready_save(w.data_fd, "../web", refs, good, soon()), -EINVAL);
        CHECK_INT(ready_save(w.data_fd, "web", line, good, soon()), -EINVAL);
        CHECK_INT(ready_save(w.data_fd, "web", refs, bad, soon()), -EINVAL);
        CHECK_INT(ready_save(w.data_fd, "web", refs, NULL, soon()), -EINVAL);
        CHECK_INT(ready_load(w.data_fd, w.store, "..", refs, &ids), -EINVAL);
}

DEFINE_TEST_MAIN()
