package dev.muster.job.spark;

/** Names a resident replica: the rank that it had in the newest generation that it was part of. */
record ReplicaKey(String application, String trialId, long generation, int rank) {
  void write(WireWriter out) {
    out.writeText(application);
    out.writeText(trialId);
    out.writeLong(generation);
    out.writeInt(rank);
  }

  static ReplicaKey read(WireReader in) {
    return new ReplicaKey(in.readText(), in.readText(), in.readLong(), in.readInt());
  }

  boolean belongsTo(String applicationId, String trial) {
    return application.equals(applicationId) && trialId.equals(trial);
  }
}
