package dev.muster.job.spark;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** A directory of a known name that only this user may write to, whoever else uses the host. */
final class PrivateDirectory {
  private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");
  private static final String OWNER = "unix:uid";
  private static final Path THIS_PROCESS = Path.of("/proc/self");

  private PrivateDirectory() {}

  /**
   * Makes the directory, or takes over one that this user has made.
   *
   * @return why it cannot be used, or nothing
   */
  static Optional<String> make(Path directory) {
    try {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWN));
      return Optional.empty();
    } catch (FileAlreadyExistsException e) {
      return taken(directory);
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty(); // whoever uses it says what is wrong with it
    }
  }

  private static Optional<String> taken(Path directory) {
    try {
      if (!Files.getAttribute(directory, OWNER).equals(Files.getAttribute(THIS_PROCESS, OWNER))) {
        return Optional.of(
            "%s belongs to user %s, who could have other code loaded from it; delete it, or set spark.local.dir to a directory of yours"
                .formatted(directory, Files.getOwner(directory).getName()));
      }
      Files.setPosixFilePermissions(directory, OWN);
      return Optional.empty();
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty(); // as above
    }
  }
}
