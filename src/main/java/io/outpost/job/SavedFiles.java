package io.outpost.job;

/**
 * The files of a run's workspace as stored, not yet the workspace.
 *
 * @param key the archive's object
 * @param sha256 of the archive, in hex
 * @param sizeBytes of the files, not compressed
 */
public record SavedFiles(String key, String sha256, long sizeBytes) {}
