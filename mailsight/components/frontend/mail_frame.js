// The frame of frame.js, which is loaded before this script, as a component.
const frames = new WeakMap();

export default function ({ data, parentElement }) {
  if (!frames.has(parentElement)) frames.set(parentElement, mailFrame(parentElement));
  const frame = frames.get(parentElement);
  frame.show(data);
  return () => {
    frame.remove();
    frames.delete(parentElement);
  };
}
