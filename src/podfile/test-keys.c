/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "podfile/keys.h"

TEST(rows) {
        const PodFileKey *k;
        size_t n = 0;

        for (size_t i = 0; (k = podfile_key_at(i)); i++, n++) {
                CHECK(k->section == SECTION_POD || k->section == SECTION_APP);
                CHECK(podfile_key_find(k->section, k->name) == k); /* no name twice */
                CHECK((k->in == IN_ROAD) == !!k->parse);
                CHECK(!k->parse || k->reset || k->def); /* an empty assignment means something */
        }
        CHECK(n > 150);
        CHECK(!podfile_key_find(SECTION_POD, "image"));
        CHECK(!podfile_key_find(SECTION_POD, "Image"));
        CHECK(!podfile_key_find(SECTION_POD, ""));
}

static void check_hint(PodFileSection s, const char *name, const char *expected) {
        _cleanup_free_ char *hint = podfile_key_hint(s, name);

        CHECK_STR(hint, expected);
}

TEST(hints) {
        check_hint(SECTION_POD, "Nett", "; did you mean \"Net=\"?");
        check_hint(SECTION_POD, "MACHINENAME", "; did you mean \"MachineName=\"?");
        check_hint(SECTION_APP, "WorkingDirectry", "; did you mean \"WorkingDirectory=\"?");
        check_hint(SECTION_POD, "Wholly", "");
        check_hint(SECTION_POD, "", "");
        check_hint(SECTION_APP, "Net", "; Net= belongs in [Pod]");
        check_hint(SECTION_APP, "Network", "; Network= is Quadlet's spelling, write Net= in [Pod]");
        check_hint(SECTION_APP, "PublishPort", "; PublishPort= is Quadlet's spelling, write Port= in [App]");
}

TEST(sections) {
        static const char *const names[] = { "Unit", "Pod", "App", "Service", "Install" };
        _cleanup_free_ char *quadlet = podfile_section_hint("Container"),
                            *near = podfile_section_hint("apps"), *far = podfile_section_hint("Nothing");

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                CHECK_STR(podfile_section_name(podfile_section_from_name(names[i])), names[i]);
        CHECK_INT(podfile_section_from_name("X-Mine"), SECTION_IGNORED);
        CHECK_INT(podfile_section_from_name("pod"), SECTION_UNKNOWN);
        CHECK_STR(quadlet, "; Quadlet's [Container] is [App] here");
        CHECK_STR(far, "");
        CHECK(near);
}

DEFINE_TEST_MAIN()
