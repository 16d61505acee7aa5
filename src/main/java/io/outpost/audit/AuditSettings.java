package io.outpost.audit;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * The settings of the audit.
 *
 * @param spool the folder in which batches wait while the audit queue does not answer
 * @param spoolLimit the maximum size of that folder in bytes
 * @param archiveKept how long the bucket's lifecycle keeps the archive
 * @param exportAfter how long after the end of its time range an export is made
 * @param exportKept how long an export can be downloaded
 * @param linkFor how long a link to a file of an export works
 */
@ConfigurationProperties("outpost.audit")
record AuditSettings(
    Path spool,
    DataSize spoolLimit,
    Duration archiveKept,
    Duration exportAfter,
    Duration exportKept,
    Duration linkFor) {}
