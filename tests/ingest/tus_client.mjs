// One upload by tus-js-client, as a station's vendor would write it: node tus_client.mjs ENDPOINT FILE CHUNK_SIZE TOGETHER
import {createReadStream, statSync} from 'node:fs';
import {Upload} from 'tus-js-client';

const [endpoint, file, chunkSize, together] = process.argv.slice(2);
const upload = new Upload(createReadStream(file), {
  endpoint,
  chunkSize: Number(chunkSize),
  uploadSize: statSync(file).size,
  uploadDataDuringCreation: together === 'together',
  headers: {Authorization: 'Bearer good'},
  metadata: {filename: '询问室 1.mp4', kind: 'interview-room'},
  retryDelays: [0, 100, 500],
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => console.log(upload.url),
});
upload.start();
