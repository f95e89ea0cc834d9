package com.example.guide;

import dev.muster.trial.hook.RunHook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a note into each checkpoint, and counts the checkpoints over all resumes. */
final class Metadata extends RunHook {
  private static final String FILE = "metadata.txt";
  private static final String COUNT = "checkpoints.txt";

  private final String note;
  private int checkpoints;

  Metadata(String note) {
    this.note = note;
  }

  @Override
  public void onCheckpointLoad(Path directory) throws IOException {
    checkpoints = Integer.parseInt(Files.readString(directory.resolve(COUNT)));
  }

  @Override
  public void onCheckpointEnd(Path directory) throws IOException {
    checkpoints++;
    Files.writeString(directory.resolve(FILE), note);
    Files.writeString(directory.resolve(COUNT), Integer.toString(checkpoints));
  }
}
