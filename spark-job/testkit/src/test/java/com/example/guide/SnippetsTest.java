package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java code of the documentation is that of sources which are compiled and run. */
class SnippetsTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern SNIPPET =
      Pattern.compile("(?:<!-- from (\\S+) -->\\n)?```java\\n(.*?)\\n```", Pattern.DOTALL);

  static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
          .filter(page -> page.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void snippetsAreTakenFromTheirSources(Path page) throws IOException {
    Matcher snippet = SNIPPET.matcher(Files.readString(page));
    while (snippet.find()) {
      assertThat(snippet.group(1)).as("the source of%n%s", snippet.group(2)).isNotNull();
      String source = Files.readString(ROOT.resolve(snippet.group(1)));
      assertThat(withoutIndentation(source))
          .as(snippet.group(1))
          .contains(withoutIndentation(snippet.group(2)));
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadToFilesThatExist(Path page) throws IOException {
    Matcher link = Pattern.compile("]\\(([^)#:]+)\\)").matcher(Files.readString(page));
    while (link.find()) {
      assertThat(page.resolveSibling(link.group(1))).exists();
    }
  }

  private static String withoutIndentation(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining("\n"));
  }
}
