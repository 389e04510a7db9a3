/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/pod-manifest.h"
#include "basic/test.h"

#define ID64 "sha512-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\""

static PodManifest *parse(const char *text) {
        PodManifest *m = NULL;
        Diag diag = {};

        int r = pod_manifest_parse("pod", text, strlen(text), &m, &diag);
        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %s", text, strempty(diag.message));
        return m;
}

static const char full[] =
        "{" HEAD ",\"apps\":[{\"name\":\"reduce-worker\",\"image\":{\"name\":\"example.com/reduce-worker\","
        "\"id\":\"" ID64 "\",\"labels\":[{\"name\":\"version\",\"value\":\"1.0.0\"}]},"
        "\"app\":{\"exec\":[\"/bin/reduce-worker\",\"--debug=true\"],\"user\":\"0\",\"group\":\"0\","
        "\"mountPoints\":[{\"name\":\"work\",\"path\":\"/var/lib/work\"}]},\"readOnlyRootFS\":true,"
        "\"mounts\":[{\"volume\":\"worklib\",\"path\":\"/var/lib/work\"},"
        "{\"volume\":\"own\",\"path\":\"/own\",\"readOnly\":true,\"appVolume\":{\"name\":\"own\","
        "\"kind\":\"host\",\"source\":\"/srv\"}}],"
        "\"annotations\":[{\"name\":\"foo\",\"value\":\"baz\"}]},"
        "{\"name\":\"register\",\"image\":{\"id\":\"" ID64 "\"}}],"
        "\"volumes\":[{\"name\":\"worklib\",\"kind\":\"host\",\"source\":\"/opt/work\",\"readOnly\":true,"
        "\"recursive\":false},{\"name\":\"tmp\",\"kind\":\"empty\",\"mode\":\"1777\",\"uid\":3,\"gid\":4}],"
        "\"isolators\":[{\"name\":\"resource/memory\",\"value\":{\"limit\":\"4G\"}}],"
        "\"annotations\":[{\"name\":\"ip-address\",\"value\":\"10.1.2.3\"}],"
        "\"ports\":[{\"name\":\"ftp\",\"hostPort\":2121},{\"name\":\"web\",\"hostPort\":80,"
        "\"hostIP\":\"192.0.2.1\",\"podPort\":{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":8080,\"count\":"
        "1,"
        "\"socketActivated\":false}}],"
        "\"userAnnotations\":{\"k\":\"v\"},\"userLabels\":{\"l\":\"w\"}}";

TEST(round_trip) {
        _cleanup_(pod_manifest_freep) PodManifest *m = parse(full);
        _cleanup_free_ char *text = NULL;

        CHECK_INT(pod_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text, full);
}

TEST(reads_every_field) {
        _cleanup_(pod_manifest_freep) PodManifest *m = parse(full);
        const RuntimeApp *a = pod_manifest_find_app(m, "reduce-worker");
        const Volume *tmp = pod_manifest_find_volume(m, "tmp");

        CHECK_INT(m->n_apps, 2);
        CHECK_STR(a->image_id, ID64);
        CHECK_STR(a->image_name, "example.com/reduce-worker");
        CHECK_STR(name_value_list_get(&a->image_labels, "version"), "1.0.0");
        CHECK_STR(a->app->exec[1], "--debug=true");
        CHECK(a->read_only_rootfs);
        CHECK_INT(a->n_mounts, 2);
        CHECK_INT(a->mounts[0].read_only, -1);
        CHECK_INT(a->mounts[1].read_only, 1);
        CHECK_STR(a->mounts[1].app_volume->source, "/srv");
        CHECK_STR(name_value_list_get(&a->annotations, "foo"), "baz");
        CHECK(!pod_manifest_find_app(m, "register")->app);
        CHECK(!pod_manifest_find_app(m, "none"));
        CHECK_INT(m->volumes[0].read_only, 1);
        CHECK_INT(m->volumes[0].recursive, 0);
        CHECK_INT(tmp->mode, 01777);
        CHECK_INT(tmp->uid, 3);
        CHECK_INT(tmp->gid, 4);
        CHECK_INT(tmp->read_only, -1);
        CHECK(!pod_manifest_find_volume(m, "none"));
        CHECK_INT(m->ports[0].host_port, 2121);
        CHECK(!m->ports[0].host_ip && !m->ports[0].pod_port);
        CHECK_STR(m->ports[1].host_ip, "192.0.2.1");
        CHECK_INT(m->ports[1].pod_port->port, 8080);
}

TEST(absent_lists_are_null) {
        _cleanup_(pod_manifest_freep) PodManifest *m = parse("{" HEAD ",\"apps\":[],\"volumes\":[]}");
        _cleanup_free_ char *text = NULL;

        CHECK_INT(pod_manifest_format(m, /* pretty= */ true, &text), 0);
        CHECK_STR(text,
                  "{\n"
                  "\t\"acVersion\": \"0.8.11\",\n"
                  "\t\"acKind\": \"PodManifest\",\n"
                  "\t\"apps\": [],\n"
                  "\t\"volumes\": null,\n"
                  "\t\"isolators\": null,\n"
                  "\t\"annotations\": null,\n"
                  "\t\"ports\": null\n"
                  "}");
}

TEST(defaults_of_an_empty_volume) {
        _cleanup_(pod_manifest_freep) PodManifest *m = parse(
                "{" HEAD ",\"apps\":[],\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\"}]}");
        _cleanup_free_ char *text = NULL;

        CHECK_INT(pod_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text,
                  "{" HEAD ",\"apps\":[],\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\",\"mode\":\"0755\","
                  "\"uid\":0,\"gid\":0}],\"isolators\":null,\"annotations\":null,\"ports\":null}");
}

TEST(build) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_free_ char *text = NULL;

        CHECK_INT(pod_manifest_new(&m), 0);
        RuntimeApp *a = pod_manifest_add_app(m);
        CHECK(a && !a->name && a->n_mounts == 0);
        CHECK((a->name = strdup("a")) && (a->image_id = strdup(ID64)));
        CHECK_INT(app_new(&a->app), 0);
        Mount *mount = runtime_app_add_mount(a);
        CHECK(mount && mount->read_only == -1);
        CHECK((mount->volume = strdup("v")) && (mount->path = strdup("/x")));
        Volume *v = pod_manifest_add_volume(m);
        CHECK(v && v->read_only == -1 && v->recursive == -1);
        CHECK_INT(volume_parse("v,kind=empty", v, NULL), 0);
        CHECK_INT(name_value_list_set(&m->annotations, "coreos.com/rkt/stage1/mutable", "false"), 0);
        CHECK_INT(pod_manifest_format(m, /* pretty= */ false, &text), 0);
        CHECK_STR(text,
                  "{" HEAD ",\"apps\":[{\"name\":\"a\",\"image\":{\"id\":\"" ID64
                  "\"},\"app\":{\"exec\":null,"
                  "\"user\":\"0\",\"group\":\"0\"},\"mounts\":[{\"volume\":\"v\",\"path\":\"/x\"}]}],"
                  "\"volumes\":[{\"name\":\"v\",\"kind\":\"empty\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}],"
                  "\"isolators\":null,\"annotations\":[{\"name\":\"coreos.com/rkt/stage1/mutable\","
                  "\"value\":\"false\"}],\"ports\":null}");
        pod_manifest_free(parse(text));
}

TEST(long_image_ids_are_cut_to_the_store_key) {
        _cleanup_(pod_manifest_freep) PodManifest *m = parse(
                "{" HEAD ",\"apps\":[{\"name\":\"a\",\"image\":{\"id\":\"" ID64
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}},"
                "{\"name\":\"b\",\"image\":{\"id\":\"sha512-0123\"}}]}");

        CHECK_STR(m->apps[0].image_id, ID64);
        CHECK_STR(m->apps[1].image_id, "sha512-0123");
}

#define APPS(app) "{" HEAD ",\"apps\":[" app "]}"
#define POD(fields) "{" HEAD ",\"apps\":[]," fields "}"
#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const refused[][2] = {
        { "{\"acVersion\":\"0.8.11\",\"acKind\":\"ImageManifest\",\"apps\":[]}",
          "field \"acKind\": must be \"PodManifest\"" },
        { "{" HEAD "}", "field \"apps\": required, but missing" },
        { APPS("{\"image\":{\"id\":\"" ID64 "\"}}"), "field \"apps[0].name\": required, but missing" },
        { APPS("{\"name\":\"a\"}"), "field \"apps[0].image\": required, but missing" },
        { APPS("{\"name\":\"a\",\"image\":{}}"), "field \"apps[0].image.id\": required, but missing" },
        { APPS("{\"name\":\"a\",\"image\":{\"ID\":\"" ID64 "\"}}"),
          "field \"apps[0].image.ID\": must be written \"id\"" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"sha512-../../etc\"}}"),
          "field \"apps[0].image.id\": \"sha512-../../etc\" is not an image id (\"sha512-\" and lower-case "
          "hex digits)" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"sha512-ABCD\"}}"),
          "field \"apps[0].image.id\": \"sha512-ABCD\" is not an image id (\"sha512-\" and lower-case hex "
          "digits)" },
        { APPS("{\"name\":\"..\",\"image\":{\"id\":\"" ID64 "\"}}"),
          "field \"apps[0].name\": \"..\" is not an AC Name (lower-case letters and digits, single \"-\" "
          "between "
          "them)" },
        { APPS("{\"name\":\"" LONG LONG "\",\"image\":{\"id\":\"" ID64 "\"}}"),
          "field \"apps[0].name\": longer than 128 characters" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64 "\"}},{\"name\":\"a\",\"image\":{\"id\":\"" ID64
               "\"}}"),
          "field \"apps\": duplicate name \"a\"" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64 "\"},\"readOnlyRootfs\":true}"),
          "field \"apps[0].readOnlyRootfs\": must be written \"readOnlyRootFS\"" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64 "\"},\"app\":{\"user\":\"0\",\"group\":\"0\","
               "\"exec\":[false]}}"),
          "field \"apps[0].app.exec[0]\": expected string, got boolean" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64
               "\"},\"mounts\":[{\"volume\":\"v\",\"path\":\"x\"}]}"),
          "field \"apps[0].mounts[0].path\": \"x\" is not an absolute path" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64 "\"},\"mounts\":[{\"path\":\"/x\"}]}"),
          "field \"apps[0].mounts[0].volume\": required, but missing" },
        { APPS("{\"name\":\"a\",\"image\":{\"id\":\"" ID64
               "\"},\"mounts\":[{\"volume\":\"v\",\"path\":\"/x\","
               "\"appVolume\":{\"name\":\"v\",\"kind\":\"host\"}}]}"),
          "field \"apps[0].mounts[0].appVolume\": a host volume needs a source" },
        { POD("\"volumes\":[{\"name\":\"a\"}]"), "field \"volumes[0].kind\": required, but missing" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"nfs\"}]"),
          "field \"volumes[0].kind\": must be \"host\" or \"empty\"" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"host\"}]"),
          "field \"volumes[0]\": a host volume needs a source" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"host\",\"source\":\"srv\"}]"),
          "field \"volumes[0].source\": \"srv\" is not an absolute path" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"host\",\"source\":\"/srv\",\"uid\":1}]"),
          "field \"volumes[0]\": mode, uid and gid are for empty volumes only" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\",\"source\":\"/srv\"}]"),
          "field \"volumes[0]\": source is for host volumes only" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\",\"mode\":493}]"),
          "field \"volumes[0].mode\": expected string, got number" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\",\"mode\":\"rwx\"}]"),
          "field \"volumes[0].mode\": must be an octal mode such as \"0755\"" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\",\"uid\":-1}]"),
          "field \"volumes[0].uid\": must be between 0 and 4294967294" },
        { POD("\"volumes\":[{\"name\":\"a\",\"kind\":\"empty\"},{\"name\":\"a\",\"kind\":\"empty\"}]"),
          "field \"volumes\": duplicate name \"a\"" },
        { POD("\"ports\":[{\"name\":\"a\"}]"), "field \"ports[0].hostPort\": required, but missing" },
        { POD("\"ports\":[{\"name\":\"a\",\"hostPort\":65536}]"),
          "field \"ports[0].hostPort\": must be between 1 and 65535" },
        { POD("\"ports\":[{\"name\":\"a\",\"hostPort\":1,\"hostIP\":\"localhost\"}]"),
          "field \"ports[0].hostIP\": must be an IP address" },
        { POD("\"ports\":[{\"name\":\"a\",\"hostPort\":1,\"podPort\":{\"name\":\"a\",\"protocol\":\"\","
              "\"port\":1}}]"),
          "field \"ports[0].podPort.protocol\": must not be empty" },
        { POD("\"ports\":[{\"name\":\"a\",\"hostPort\":1},{\"name\":\"a\",\"hostPort\":2}]"),
          "field \"ports\": duplicate name \"a\"" },
        { POD("\"isolators\":{}"), "field \"isolators\": expected array, got object" },
        { POD("\"Volumes\":[]"), "field \"Volumes\": must be written \"volumes\"" },
        { POD("\"userLabels\":[]"), "field \"userLabels\": expected object, got array" },
};

TEST(refuses_with_the_field) {
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                _cleanup_diag_ Diag diag = {};
                PodManifest *m = (void *) 1;

                CHECK_INT(pod_manifest_parse("pod", refused[i][0], strlen(refused[i][0]), &m, &diag),
                          -EBADMSG);
                CHECK(m == (void *) 1);
                CHECK_STR(diag.message, refused[i][1]);
                CHECK_STR(diag.file, "pod");
        }
}

DEFINE_TEST_MAIN()
