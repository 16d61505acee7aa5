/** The API's steps on jobs: submit, read, list, cancel, sweep, redrive. */
package io.outpost.jobs;
