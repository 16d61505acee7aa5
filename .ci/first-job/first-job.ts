// A customer's first job, with the client that was generated from the contract.
import { Configuration, JobsApi, TenantsApi } from './index';

declare const process: { env: Record<string, string>; exit(code: number): never };

const to = (accessToken: string) => new Configuration({ basePath: process.env.OUTPOST_URL, accessToken });

async function firstJob() {
  const tenants = new TenantsApi(to(process.env.OUTPOST_ADMIN_KEY));
  const tenant = await tenants.createTenant({ tenantRequest: { name: 'TypeScript', email: 'dev@typescript.example' } });
  const created = await tenants.createApiKey({ tenantId: tenant.tenantId, apiKeyRequest: { name: 'first' } });
  const jobs = new JobsApi(to(created.key));
  const submitted = await jobs.submitJob({ jobRequest: { agent: 'claude', command: 'Say hello' }, idempotencyKey: 'first' });
  let job = submitted;
  while (job.status === 'pending' || job.status === 'running') {
    job = await jobs.getJob({ jobId: submitted.jobId, wait: 25 });
  }
  const output = await jobs.getJobOutput({ jobId: job.jobId });
  const listed = await jobs.listJobs({ limit: 1 });
  const isRight = job.status === 'succeeded' && job.completedAt instanceof Date && output.length > 0
    && listed.data[0].jobId === job.jobId;
  console.log(`typescript: ${job.status}`);
  process.exit(isRight ? 0 : 1);
}

firstJob().catch(async failure => {
  console.error(failure, await failure.response?.text?.());
  process.exit(1);
});
