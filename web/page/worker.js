// The worker runs the Go program. It gets the compiled module first, then questions.
let started;
onmessage = async ({ data }) => {
  if (data.module) {
    const go = new Go();
    started = WebAssembly.instantiate(data.module, go.importObject).then((instance) => {
      go.run(instance).then(() => postMessage({ ended: true }));
      postMessage({ ready: true });
    });
    started.catch((err) => postMessage({ ended: true, message: String(err) }));
    return;
  }
  await started;
  try {
    postMessage({ id: data.id, text: ctlinspect(data.operation, data.question, data.files) });
  } catch (err) {
    postMessage({ ended: true, message: String(err) });
  }
};
