package io.outpost.worker.files;

/**
 * What an archive may hold.
 *
 * @param bytes of all files together, not compressed
 * @param entries files, folders and links
 */
public record TreeLimits(long bytes, int entries) {}
