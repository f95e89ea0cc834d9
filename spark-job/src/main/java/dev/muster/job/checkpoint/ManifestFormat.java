package dev.muster.job.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code manifest.json}, version 1, as docs/checkpoint-format.md specifies it: the only reader and
 * the only writer. Takes nothing that the format does not name.
 */
final class ManifestFormat {
  private static final int VERSION = 1;
  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ManifestFormat() {}

  /** The manifest as indented UTF-8 JSON, in the order of the paths. */
  static byte[] format(Manifest manifest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    try (JsonGenerator out = JSON.getFactory().createGenerator(bytes).setPrettyPrinter(printer)) {
      out.writeStartObject();
      out.writeNumberField("version", VERSION);
      out.writeObjectFieldStart("files");
      for (Map.Entry<String, Manifest.Entry> file : manifest.files().entrySet()) {
        out.writeObjectFieldStart(file.getKey());
        out.writeNumberField("bytes", file.getValue().bytes());
        out.writeStringField("sha256", file.getValue().sha256());
        out.writeEndObject();
      }
      out.writeEndObject();
      out.writeEndObject();
      out.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write a manifest into memory", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a manifest.
   *
   * @throws IllegalArgumentException when it is anything but a whole manifest of version 1
   */
  static Manifest parse(byte[] bytes) {
    JsonNode root = tree(bytes);
    requireKeys("the manifest", root, Set.of("version", "files"));
    JsonNode version = root.get("version");
    if (!version.isInt() || version.intValue() != VERSION) {
      throw new IllegalArgumentException(
          "its version is " + version + ", this Muster reads version " + VERSION);
    }
    JsonNode listed = root.get("files");
    if (!listed.isObject()) {
      throw new IllegalArgumentException("'files' is no object");
    }
    TreeMap<String, Manifest.Entry> files = new TreeMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> it = listed.fields(); it.hasNext(); ) {
      Map.Entry<String, JsonNode> file = it.next();
      files.put(file.getKey(), entry(file.getKey(), file.getValue()));
    }
    return new Manifest(files);
  }

  private static Manifest.Entry entry(String path, JsonNode node) {
    requireKeys("the entry of '" + path + "'", node, Set.of("bytes", "sha256"));
    JsonNode size = node.get("bytes");
    JsonNode sha256 = node.get("sha256");
    if (!size.isIntegralNumber() || !size.canConvertToLong() || !sha256.isTextual()) {
      throw new IllegalArgumentException(
          "the entry of '" + path + "' needs a whole number of bytes and a string sha256");
    }
    try {
      return new Manifest.Entry(size.longValue(), sha256.textValue());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the entry of '" + path + "': " + e.getMessage(), e);
    }
  }

  private static JsonNode tree(byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (root == null || root.isMissingNode()) {
        throw new IllegalArgumentException("it is empty");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("it is no UTF-8 text", e);
    }
  }

  private static void requireKeys(String where, JsonNode node, Set<String> keys) {
    if (!node.isObject()) {
      throw new IllegalArgumentException(where + " is no JSON object");
    }
    for (Iterator<String> it = node.fieldNames(); it.hasNext(); ) {
      String name = it.next();
      if (!keys.contains(name)) {
        throw new IllegalArgumentException(where + " has the unknown key '" + name + "'");
      }
    }
    for (String key : keys) {
      if (!node.has(key)) {
        throw new IllegalArgumentException(where + " has no '" + key + "'");
      }
    }
  }
}
