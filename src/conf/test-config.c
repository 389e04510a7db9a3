/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/fs-util.h"
#include "basic/test.h"
#include "conf/config.h"

typedef struct Sample {
        char *first, *last;
        bool flag;
} Sample;

static void sample_done(Sample *s) {
        free(s->first);
        free(s->last);
}

static const JsonField fields[] = {
        { "first", .type = JSON_STRING, .offset = offsetof(Sample, first), .read = json_read_string },
        { "last", .type = JSON_STRING, .offset = offsetof(Sample, last), .read = json_read_string },
        { "flag", .type = JSON_BOOLEAN, .offset = offsetof(Sample, flag), .read = json_read_boolean },
};

static const ConfigKind kind = {
        .kind = "sample",
        .version = "v1",
        .subdir = "sample.d",
        .fields = fields,
        .n_fields = ELEMENTSOF(fields),
};

static void put(const char *dir, const char *name, const char *text) {
        _cleanup_free_ char *path = strjoin(dir, "/sample.d/", name, NULL);

        CHECK(mkdir_p_at(AT_FDCWD, strndupa(path, (size_t) (strrchr(path, '/') - path)), 0755) >= 0);
        CHECK_INT(file_write_at(AT_FDCWD, path, text, strlen(text), 0644, 0), 0);
}

#define HEAD "\"rktKind\":\"sample\",\"rktVersion\":\"v1\""

TEST(nothing_there) {
        _cleanup_free_ char *dir = test_tmpdir(), *none = strjoin(dir, "/none", NULL);
        Sample s = {};

        CHECK_INT(config_read_dir(dir, &kind, &s, NULL), 0);
        CHECK_INT(config_read_dir(none, &kind, &s, NULL), 0);
        CHECK(!s.first);
}

TEST(files_in_order_of_name) {
        _cleanup_free_ char *dir = test_tmpdir(), *link = strjoin(dir, "/sample.d/link.json", NULL);
        _cleanup_(sample_done) Sample s = {};

        put(dir, "20-b.json", "{" HEAD ",\"last\":\"b\"}");
        put(dir, "10-a.json", "{" HEAD ",\"first\":\"a\",\"last\":\"a\",\"flag\":true,\"newer\":[]}");
        put(dir, "README", "not JSON");
        put(dir, "x.json.bak", "not JSON");
        put(dir, "sub.json/deep.json", "not JSON");
        put(dir, "bad", "not JSON");
        CHECK(symlink("bad", link) >= 0);
        CHECK_INT(config_read_dir(dir, &kind, &s, NULL), 0);
        CHECK_STR(s.first, "a");
        CHECK_STR(s.last, "b");
        CHECK(s.flag);
}

TEST(errors_name_the_file) {
        static const char *const cases[][2] = {
                { "", ":1: unexpected end of input" },
                { "{\"rktKind\":\"sample\"\n", ":2: unexpected end of input" },
                { "[]", ": expected object, got array" },
                { "{}", ": field \"rktKind\": required, but missing" },
                { "{\"rktKind\":\"sample\"}", ": field \"rktVersion\": required, but missing" },
                { "{\"rktKind\":\"\",\"rktVersion\":\"v1\"}",
                  ": field \"rktKind\": must be \"sample\" in sample.d" },
                { "{\"rktKind\":\"auth\",\"rktVersion\":\"v1\"}",
                  ": field \"rktKind\": must be \"sample\" in sample.d" },
                { "{\"rktKind\":\"sample\",\"rktVersion\":\"v2\"}",
                  ": field \"rktVersion\": must be \"v1\"" },
                { "{" HEAD ",\"first\":1}", ": field \"first\": expected string, got number" },
                { "{" HEAD ",\"First\":\"x\"}", ": field \"First\": must be written \"first\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *dir = test_tmpdir(), *line = NULL, *expected = NULL;
                _cleanup_(sample_done) Sample s = {};
                _cleanup_diag_ Diag diag = {};

                put(dir, "x.json", cases[i][0]);
                CHECK_INT(config_read_dir(dir, &kind, &s, &diag), -EBADMSG);
                line = diag_format_line(&diag);
                expected = strjoin(dir, "/sample.d/x.json", cases[i][1], NULL);
                CHECK_STR(line, expected);
        }
}

TEST(too_large) {
        _cleanup_free_ char *dir = test_tmpdir(), *text = calloc(1, CONFIG_FILE_MAX + 2), *line = NULL;
        _cleanup_free_ char *expected = strjoin(dir, "/sample.d/x.json: larger than 1048576 bytes", NULL);
        _cleanup_diag_ Diag diag = {};
        Sample s = {};

        memset(text, ' ', CONFIG_FILE_MAX + 1);
        put(dir, "x.json", text);
        CHECK_INT(config_read_dir(dir, &kind, &s, &diag), -EFBIG);
        line = diag_format_line(&diag);
        CHECK_STR(line, expected);
}

TEST(not_a_directory) {
        _cleanup_free_ char *dir = test_tmpdir(), *path = strjoin(dir, "/sample.d", NULL);
        _cleanup_free_ char *expected =
                strjoin("cannot read configuration in \"", path, "\": Not a directory", NULL);
        _cleanup_diag_ Diag diag = {};
        Sample s = {};

        CHECK_INT(file_write_at(AT_FDCWD, path, "", 0, 0644, 0), 0);
        CHECK_INT(config_read_dir(dir, &kind, &s, &diag), -ENOTDIR);
        CHECK_STR(diag.message, expected);
}

DEFINE_TEST_MAIN()
