/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/image-manifest.h"
#include "basic/strv.h"
#include "basic/test.h"

static ImageManifest *parse(const char *text) {
        ImageManifest *m = NULL;
        Diag diag = {};

        int r = image_manifest_parse("manifest", text, strlen(text), &m, &diag);
        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %s", text, strempty(diag.message));
        return m;
}

#define HEAD "\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/x\""
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char full[] =
        "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/reduce-worker\","
        "\"labels\":[{\"name\":\"version\",\"value\":\"1.0.0\"},{\"name\":\"arch\",\"value\":\"amd64\"},"
        "{\"name\":\"os\",\"value\":\"linux\"}],"
        "\"app\":{\"exec\":[\"/usr/bin/reduce-worker\",\"--quiet\"],"
        "\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[\"/usr/bin/data-downloader\"]},"
        "{\"name\":\"post-stop\",\"exec\":[]}],"
        "\"user\":\"100\",\"group\":\"300\",\"supplementaryGIDs\":[400,500],\"workingDirectory\":\"/opt/"
        "work\","
        "\"environment\":[{\"name\":\"REDUCE_WORKER.DEBUG-x\",\"value\":\"true\"}],"
        "\"mountPoints\":[{\"name\":\"work\",\"path\":\"/var/lib/work\"},"
        "{\"name\":\"ro\",\"path\":\"/ro\",\"readOnly\":true}],"
        "\"ports\":[{\"name\":\"health\",\"protocol\":\"tcp\",\"port\":4000,\"count\":1,"
        "\"socketActivated\":true},{\"name\":\"ftp-data\",\"protocol\":\"tcp\",\"port\":20000,\"count\":1000,"
        "\"socketActivated\":false}],"
        "\"isolators\":[{\"name\":\"resource/cpu\",\"value\":{\"request\":\"250m\",\"limit\":\"500m\"}},"
        "{\"name\":\"example.com/unknown\",\"value\":[1,null,\"x\"]}],"
        "\"userAnnotations\":{\"a\":\"1\",\"b\":\"2\"},\"userLabels\":{\"l\":\"\"}},"
        "\"annotations\":[{\"name\":\"authors\",\"value\":\"Carly \\u003ccarly@example.com\\u003e\"}],"
        "\"dependencies\":[{\"imageName\":\"example.com/reduce-worker-base\",\"imageID\":\"sha512-" ID "\","
        "\"labels\":[{\"name\":\"os\",\"value\":\"linux\"}],\"size\":22017258}],"
        "\"pathWhitelist\":[\"/etc/ca/example.com/crt\",\"/usr/bin/\"]}";

TEST(round_trip) {
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(full);
        _cleanup_free_ char *text = NULL;

        CHECK_INT(image_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text, full);
}

TEST(reads_every_field) {
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(full);
        const App *a = m->app;

        CHECK_STR(m->name, "example.com/reduce-worker");
        CHECK_STR(m->ac_version, "0.8.11");
        CHECK_STR(name_value_list_get(&m->labels, "arch"), "amd64");
        CHECK_INT(strv_length(a->exec), 2);
        CHECK_INT(a->n_event_handlers, 2);
        CHECK_STR(a->event_handlers[0].exec[0], "/usr/bin/data-downloader");
        CHECK_STR(a->user, "100");
        CHECK_STR(a->group, "300");
        CHECK_INT(a->n_supplementary_gids, 2);
        CHECK_INT(a->supplementary_gids[1], 500);
        CHECK_STR(a->working_directory, "/opt/work");
        CHECK_STR(name_value_list_get(&a->environment, "REDUCE_WORKER.DEBUG-x"), "true");
        CHECK(!a->mount_points[0].read_only && a->mount_points[1].read_only);
        CHECK_INT(a->ports[0].port, 4000);
        CHECK(a->ports[0].socket_activated);
        CHECK_INT(a->ports[1].count, 1000);
        CHECK_STR(isolator_list_get(&a->isolators, "example.com/unknown"), "[1,null,\"x\"]");
        CHECK_STR(name_value_list_get(&m->annotations, "authors"), "Carly <carly@example.com>");
        CHECK_STR(m->dependencies[0].image_id, "sha512-" ID);
        CHECK_INT(m->dependencies[0].size, 22017258);
        CHECK_INT(strv_length(m->path_whitelist), 2);
}

TEST(pretty_is_go_marshal_indent) {
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(
                "{" HEAD ",\"app\":{\"user\":\"0\",\"group\":\"0\",\"environment\":[],\"ports\":[],"
                "\"workingDirectory\":\"\",\"userLabels\":{}}, \"labels\":[], \"pathWhitelist\":[]}");
        _cleanup_free_ char *text = NULL;

        CHECK_INT(image_manifest_format(m, /* pretty= */ true, &text), 0);
        CHECK_STR(text,
                  "{\n"
                  "\t\"acKind\": \"ImageManifest\",\n"
                  "\t\"acVersion\": \"0.8.11\",\n"
                  "\t\"name\": \"example.com/x\",\n"
                  "\t\"app\": {\n"
                  "\t\t\"exec\": null,\n"
                  "\t\t\"user\": \"0\",\n"
                  "\t\t\"group\": \"0\"\n"
                  "\t}\n"
                  "}");
}

TEST(maps_are_sorted) {
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(
                "{" HEAD ",\"app\":{\"exec\":[],\"user\":\"0\",\"group\":\"0\","
                "\"userLabels\":{\"z\":\"1\",\"a b\":\"2\",\"M\":\"3\"}}}");
        _cleanup_free_ char *text = NULL;

        CHECK_INT(image_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text, "{" HEAD ",\"app\":{\"exec\":[],\"user\":\"0\",\"group\":\"0\","
                        "\"userLabels\":{\"M\":\"3\",\"a b\":\"2\",\"z\":\"1\"}}}");
}

TEST(accepts_what_the_specification_leaves_open) {
        static const char *const texts[] = {
                "{" HEAD "}",
                "{" HEAD ",\"unknown\":{\"App\":1},\"app\":null,\"labels\":null}",
                "{" HEAD ",\"app\":{\"user\":\"0\",\"group\":\"0\",\"supplementaryGids\":[0,4294967294]}}",
                "{" HEAD ",\"app\":{\"user\":\"/bin/x\",\"group\":\"staff\",\"exec\":[\"\"]}}",
                "{\"acKind\":\"ImageManifest\",\"acVersion\":\"1.2.3-rc.1+git\",\"name\":\"a\"}",
                "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.0.1+git\",\"name\":\"a/b.c_d~e-f\"}",
                "{" HEAD
                ",\"app\":{\"user\":\"0\",\"group\":\"0\",\"ports\":[{\"name\":\"a\",\"protocol\":\"sctp\","
                "\"port\":65535}]}}",
                "{" HEAD
                ",\"app\":{\"user\":\"0\",\"group\":\"0\",\"isolators\":[{\"name\":\"a\",\"value\":false},"
                "{\"name\":\"a\",\"value\":0}]}}",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                image_manifest_free(parse(texts[i]));
}

#define APP(fields) "{" HEAD ",\"app\":{\"user\":\"0\",\"group\":\"0\"," fields "}}"

static const char *const refused[][2] = {
        { "[]", "expected object, got array" },
        { "{\"acVersion\":\"0.8.11\",\"name\":\"a\"}", "field \"acKind\": required, but missing" },
        { "{\"acKind\":\"PodManifest\",\"acVersion\":\"0.8.11\",\"name\":\"a\"}",
          "field \"acKind\": must be \"ImageManifest\"" },
        { "{\"acKind\":\"ImageManifest\",\"name\":\"a\"}", "field \"acVersion\": required, but missing" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8\",\"name\":\"a\"}",
          "field \"acVersion\": \"0.8\" is not a version (such as \"0.8.11\")" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.0.0\",\"name\":\"a\"}",
          "field \"acVersion\": \"0.0.0\" is not a version (such as \"0.8.11\")" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.08.1\",\"name\":\"a\"}",
          "field \"acVersion\": \"0.08.1\" is not a version (such as \"0.8.11\")" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"1.0.0-\",\"name\":\"a\"}",
          "field \"acVersion\": \"1.0.0-\" is not a version (such as \"0.8.11\")" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\"}",
          "field \"name\": required, but missing" },
        { "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"../etc\"}",
          "field \"name\": \"../etc\" is not an AC Identifier (lower-case letters and digits, single \"-\", "
          "\".\", "
          "\"_\", \"~\" or \"/\" between them)" },
        { "{" HEAD ",\"App\":{}}", "field \"App\": must be written \"app\"" },
        { "{" HEAD ",\"app\":{\"user\":\"0\",\"group\":\"0\",\"Exec\":[]}}",
          "field \"app.Exec\": must be written \"exec\"" },
        { "{" HEAD ",\"app\":[]}", "field \"app\": expected object, got array" },
        { "{" HEAD ",\"app\":{\"user\":\"0\"}}", "field \"app.group\": required, but missing" },
        { "{" HEAD ",\"app\":{\"user\":\"\",\"group\":\"0\"}}", "field \"app.user\": must not be empty" },
        { APP("\"exec\":[1]"), "field \"app.exec[0]\": expected string, got number" },
        { APP("\"exec\":\"/bin/sh\""), "field \"app.exec\": expected array, got string" },
        { APP("\"workingDirectory\":\"tmp\""),
          "field \"app.workingDirectory\": \"tmp\" is not an absolute path" },
        { APP("\"supplementaryGIDs\":[-1]"),
          "field \"app.supplementaryGIDs[0]\": must be between 0 and 4294967294" },
        { APP("\"supplementaryGIDs\":[4294967295]"),
          "field \"app.supplementaryGIDs[0]\": must be between 0 and 4294967294" },
        { APP("\"supplementaryGIDs\":[1],\"supplementaryGids\":[2]"),
          "field \"app.supplementaryGids\": given twice, also as \"supplementaryGIDs\"" },
        { APP("\"supplementarygids\":[1]"),
          "field \"app.supplementarygids\": must be written \"supplementaryGIDs\"" },
        { APP("\"eventHandlers\":[{\"name\":\"start\",\"exec\":[]}]"),
          "field \"app.eventHandlers[0].name\": must be \"pre-start\" or \"post-stop\"" },
        { APP("\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[]},{\"name\":\"pre-start\",\"exec\":[]}"
              "]"),
          "field \"app.eventHandlers\": duplicate name \"pre-start\"" },
        { APP("\"environment\":[{\"name\":\"1A\",\"value\":\"\"}]"),
          "field \"app.environment[0].name\": \"1A\" is not the name of an environment variable (letters, "
          "digits, "
          "\"_\", \".\", \"-\"; first a letter or \"_\")" },
        { APP("\"environment\":[{\"name\":\"\",\"value\":\"\"}]"),
          "field \"app.environment[0].name\": \"\" is not the name of an environment variable (letters, "
          "digits, "
          "\"_\", \".\", \"-\"; first a letter or \"_\")" },
        { APP("\"environment\":[{\"name\":\"A=\\nB\",\"value\":\"\"}]"),
          "field \"app.environment[0].name\": \"A=\\x0aB\" is not the name of an environment variable "
          "(letters, "
          "digits, \"_\", \".\", \"-\"; first a letter or \"_\")" },
        { APP("\"environment\":[{\"name\":\"A\",\"value\":\"\"},{\"name\":\"A\",\"value\":\"\"}]"),
          "field \"app.environment\": duplicate name \"A\"" },
        { APP("\"environment\":[{\"name\":\"A\"}]"),
          "field \"app.environment[0].value\": required, but missing" },
        { APP("\"environment\":{\"A\":\"B\"}"), "field \"app.environment\": expected array, got object" },
        { APP("\"mountPoints\":[{\"name\":\"A\",\"path\":\"/\"}]"),
          "field \"app.mountPoints[0].name\": \"A\" is not an AC Name (lower-case letters and digits, single "
          "\"-\" "
          "between them)" },
        { APP("\"mountPoints\":[{\"name\":\"a\",\"path\":\"x\"}]"),
          "field \"app.mountPoints[0].path\": \"x\" is not an absolute path" },
        { APP("\"mountPoints\":[{\"name\":\"a\",\"path\":\"/x\"},{\"name\":\"a\",\"path\":\"/y\"}]"),
          "field \"app.mountPoints\": duplicate name \"a\"" },
        { APP("\"mountPoints\":[{\"name\":\"a\",\"path\":\"/x\",\"readonly\":true}]"),
          "field \"app.mountPoints[0].readonly\": must be written \"readOnly\"" },
        { APP("\"ports\":[{\"name\":\"a\",\"port\":1}]"),
          "field \"app.ports[0].protocol\": required, but missing" },
        { APP("\"ports\":[{\"name\":\"a\",\"protocol\":\"tcp\",\"port\":0}]"),
          "field \"app.ports[0].port\": must be between 1 and 65535" },
        { APP("\"ports\":[{\"name\":\"a\",\"protocol\":\"tcp\",\"port\":65535,\"count\":2}]"),
          "field \"app.ports[0]\": the range of ports ends above 65535" },
        { APP("\"ports\":[{\"name\":\"a\",\"protocol\":\"tcp\",\"port\":1},{\"name\":\"a\",\"protocol\":"
              "\"udp\","
              "\"port\":1}]"),
          "field \"app.ports\": duplicate name \"a\"" },
        { APP("\"isolators\":[{\"name\":\"a\"}]"),
          "field \"app.isolators[0].value\": required, but missing" },
        { APP("\"isolators\":[{\"name\":\"a\",\"value\":null}]"),
          "field \"app.isolators[0].value\": required, but missing" },
        { APP("\"isolators\":[{\"name\":\"A\",\"value\":1}]"),
          "field \"app.isolators[0].name\": \"A\" is not an AC Identifier (lower-case letters and digits, "
          "single "
          "\"-\", \".\", \"_\", \"~\" or \"/\" between them)" },
        { APP("\"userLabels\":{\"x\":1}"), "field \"app.userLabels.x\": expected string, got number" },
        { "{" HEAD ",\"labels\":[{\"name\":\"name\",\"value\":\"x\"}]}",
          "field \"labels[0].name\": a label must not be called \"name\"" },
        { "{" HEAD ",\"labels\":[{\"name\":\"a\",\"value\":\"x\"},{\"name\":\"a\",\"value\":\"y\"}]}",
          "field \"labels\": duplicate name \"a\"" },
        { "{" HEAD ",\"annotations\":[{\"name\":\"a\",\"value\":\"x\"},{\"name\":\"a\",\"value\":\"y\"}]}",
          "field \"annotations\": duplicate name \"a\"" },
        { "{" HEAD ",\"dependencies\":[{}]}", "field \"dependencies[0].imageName\": required, but missing" },
        { "{" HEAD ",\"dependencies\":[{\"imageName\":\"a\",\"imageID\":\"sha512-../x\"}]}",
          "field \"dependencies[0].imageID\": \"sha512-../x\" is not an image id (\"sha512-\" and lower-case "
          "hex "
          "digits)" },
        { "{" HEAD ",\"dependencies\":[{\"imageName\":\"a\",\"size\":-1}]}",
          "field \"dependencies[0].size\": must be between 0 and 9223372036854775807" },
        { "{" HEAD ",\"pathWhitelist\":[\"/a\",\"b\"]}", "field \"pathWhitelist[1]\": not an absolute path" },
};

TEST(refuses_with_the_field) {
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                _cleanup_diag_ Diag diag = {};
                ImageManifest *m = (void *) 1;

                CHECK_INT(image_manifest_parse("manifest", refused[i][0], strlen(refused[i][0]), &m, &diag),
                          -EBADMSG);
                CHECK(m == (void *) 1);
                CHECK_STR(diag.message, refused[i][1]);
                CHECK_STR(diag.file, "manifest");
        }
}

TEST(syntax_errors_have_a_place) {
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *line = NULL;
        ImageManifest *m;

        CHECK_INT(image_manifest_parse("manifest", "{\n\"acKind\": x}", 14, &m, &diag), -EBADMSG);
        line = diag_format_line(&diag);
        CHECK_STR(line, "manifest:2: unexpected character 'x'");
}

TEST(long_values_are_shortened_in_messages) {
        char text[1000] = "{\"acKind\":\"ImageManifest\",\"acVersion\":\"";
        _cleanup_diag_ Diag diag = {};
        ImageManifest *m;
        size_t n = strlen(text);

        memset(text + n, 'x', 500);
        memcpy(text + n + 500, "\"}", 3);
        CHECK_INT(image_manifest_parse("manifest", text, strlen(text), &m, &diag), -EBADMSG);
        CHECK(strlen(diag.message) < 160);
        CHECK(strstr(diag.message, "xx…\" is not a version"));
}

TEST(isolators_are_not_too_deep_for_a_pod_manifest) {
        static const char deep[] =
                APP("\"isolators\":[{\"name\":\"a\",\"value\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}]");
        _cleanup_diag_ Diag diag = {};
        ImageManifest *m;

        CHECK_INT(image_manifest_parse("manifest", deep, strlen(deep), &m, &diag), -EBADMSG);
        CHECK_STR(diag.message, "field \"app.isolators[0].value\": nesting deeper than 16");
        image_manifest_free(
                parse(APP("\"isolators\":[{\"name\":\"a\",\"value\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}]")));
}

static char *many_labels(unsigned n) {
        StringBuf b = {};

        CHECK(string_buf_append(&b, "{" HEAD ",\"labels\":[") >= 0);
        for (unsigned i = 0; i < n; i++)
                CHECK(string_buf_printf(&b, "%s{\"name\":\"l%u\",\"value\":\"\"}", i > 0 ? "," : "", i) >= 0);
        CHECK(string_buf_append(&b, "]}") >= 0);
        return string_buf_take(&b);
}

TEST(limits_counts) {
        _cleanup_free_ char *fits = many_labels(1024), *over = many_labels(1025);
        _cleanup_diag_ Diag diag = {};
        ImageManifest *m;

        image_manifest_free(parse(fits));
        CHECK_INT(image_manifest_parse("manifest", over, strlen(over), &m, &diag), -EBADMSG);
        CHECK_STR(diag.message, "field \"labels\": more than 1024 entries");
}

TEST(limits_size) {
        _cleanup_free_ char *text = calloc(1, IMAGE_MANIFEST_MAX + 1);
        _cleanup_diag_ Diag diag = {};
        ImageManifest *m;

        memset(text, ' ', IMAGE_MANIFEST_MAX);
        CHECK_INT(image_manifest_parse("manifest", text, IMAGE_MANIFEST_MAX + 1, &m, &diag), -EFBIG);
        CHECK_STR(diag.message, "larger than 4194304 bytes");
}

TEST(app_copies_are_equal) {
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(full);
        _cleanup_free_ char *text = NULL;
        App *copy;

        CHECK_INT(app_copy(m->app, &copy), 0);
        app_free(m->app);
        m->app = copy;
        CHECK_INT(image_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text, full);
}

TEST(new_app) {
        _cleanup_(app_freep) App *a = NULL, *copy = NULL;

        CHECK_INT(app_new(&a), 0);
        CHECK_STR(a->user, "0");
        CHECK_STR(a->group, "0");
        CHECK(!a->exec);
        CHECK_INT(app_copy(a, &copy), 0);
        CHECK(!copy->exec && !copy->working_directory);
}

static void check_platform(const char *labels, const char *message) {
        _cleanup_free_ char *text = strjoin("{" HEAD ",\"labels\":[", labels, "]}", NULL);
        _cleanup_(image_manifest_freep) ImageManifest *m = parse(text);
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(image_manifest_check_platform(m, &diag), message ? -EBADMSG : 0);
        if (message)
                CHECK_STR(diag.message, message);
}

TEST(platform) {
        check_platform("", "missing os label in the image manifest");
        check_platform("{\"name\":\"arch\",\"value\":\"amd64\"}", "missing os label in the image manifest");
        check_platform("{\"name\":\"os\",\"value\":\"freebsd\"}", "missing arch label in the image manifest");
        check_platform("{\"name\":\"os\",\"value\":\"freebsd\"},{\"name\":\"arch\",\"value\":\"amd64\"}",
                       "bad os \"freebsd\" (must be one of: [linux])");
#if defined(__x86_64__)
        check_platform("{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\",\"value\":\"aarch64\\n\"}",
                       "bad arch \"aarch64\\x0a\" for linux (must be one of: [amd64 i386])");
        check_platform("{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\",\"value\":\"amd64\"}", NULL);
        check_platform("{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\",\"value\":\"i386\"}", NULL);
#endif
}

DEFINE_TEST_MAIN()
