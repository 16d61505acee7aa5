/** The AWS clients, built here and nowhere else, and the names of tables, queues and buckets. */
@NullMarked
package io.outpost.aws;

import org.jspecify.annotations.NullMarked;
