package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestFormatTest {
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String EMPTY =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static byte[] golden() throws IOException {
    try (InputStream in =
        ManifestFormatTest.class.getResourceAsStream("/checkpoint/manifest-v1.json")) {
      return in.readAllBytes();
    }
  }

  @Test
  void goldenFileOfVersion1StaysReadable() throws IOException {
    assertThat(ManifestFormat.parse(golden()).files())
        .containsExactly(
            entry("digits/100/saved_model.pb", new Manifest.Entry(3, ABC)),
            entry("empty", new Manifest.Entry(0, EMPTY)),
            entry(
                "variables/model.data-00000-of-00001",
                new Manifest.Entry(5_000_000_000L, "0".repeat(64))));
  }

  @Test
  void writesTheGoldenFileByteForByte() throws IOException {
    assertThat(ManifestFormat.format(ManifestFormat.parse(golden()))).isEqualTo(golden());
  }

  @Test
  void namesOfAnyScriptRoundTrip() {
    Manifest manifest =
        new Manifest(
            new TreeMap<>(
                Map.of("数字/\"quoted\" name", new Manifest.Entry(3, ABC), "ü", entryOf(7))));

    assertThat(ManifestFormat.parse(ManifestFormat.format(manifest))).isEqualTo(manifest);
  }

  @Test
  void refusesTheGoldenFileCutOffAnywhere() throws IOException {
    byte[] golden = golden();
    int end = new String(golden, StandardCharsets.US_ASCII).lastIndexOf('}');
    for (int length = 0; length <= end; length++) {
      byte[] cut = java.util.Arrays.copyOf(golden, length);
      assertThatThrownBy(() -> ManifestFormat.parse(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | the manifest is no JSON object",
        "{'files':{}} | no 'version'",
        "{'version':2,'files':{}} | its version is 2, this Muster reads version 1",
        "{'version':'1','files':{}} | its version is",
        "{'version':1.0,'files':{}} | its version is 1.0",
        "{'version':1} | no 'files'",
        "{'version':1,'files':[]} | 'files' is no object",
        "{'version':1,'files':{}} | lists no files",
        "{'version':1,'files':{'a':F},'more':1} | unknown key 'more'",
        "{'version':1,'files':{'a':{'bytes':3}}} | no 'sha256'",
        "{'version':1,'files':{'a':{'bytes':'3','sha256':'S'}}} | whole number of bytes",
        "{'version':1,'files':{'a':{'bytes':3.5,'sha256':'S'}}} | whole number of bytes",
        "{'version':1,'files':{'a':{'bytes':99999999999999999999,'sha256':'S'}}} | whole number",
        "{'version':1,'files':{'a':{'bytes':-1,'sha256':'S'}}} | its size is -1",
        "{'version':1,'files':{'a':{'bytes':3,'sha256':'BA78'}}} | no SHA-256",
        "{'version':1,'files':{'a':{'bytes':3,'sha256':'S','x':1}}} | unknown key 'x'",
        "{'version':1,'files':{'a':F,'a':F}} | Duplicate field 'a'",
        "{'version':1,'files':{'a':F}} {} | no JSON",
        "{'version':1,'files':{'../a':F}} | has the part '..'",
        "{'version':1,'files':{'/a':F}} | empty part",
        "{'version':1,'files':{'a':F,'a/b':F}} | 'a' as a file and 'a/b' below it",
        "{'version':1,'files':{'manifest.json':F}} | is in no manifest",
        "{'version':1,'files':{'user_metadata.json':F}} | is in no manifest",
      })
  void refusesWhatIsNotExactlyAManifest(String json, String fact) {
    String file = "{'bytes':3,'sha256':'" + ABC + "'}";
    byte[] bytes =
        json.replace("F", file)
            .replace("'S'", "'" + ABC + "'")
            .replace('\'', '"')
            .getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> ManifestFormat.parse(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(fact);
  }

  private static Manifest.Entry entryOf(long bytes) {
    return new Manifest.Entry(bytes, ABC);
  }
}
