// Maps that zoom: the territory, its quartiers and its offer, from one GeoJSON file of this site. No tile, no font.
for (const box of document.querySelectorAll("[data-map]")) draw(box);

async function draw(box) {
  try {
    const data = await (await fetch(box.dataset.map)).json();
    maplibregl.setWorkerUrl(box.dataset.worker);
    const map = new maplibregl.Map({
      container: box,
      style: style(data),
      bounds: bounds(data),
      fitBoundsOptions: { padding: 24 },
      attributionControl: false,
      cooperativeGestures: false,
      fadeDuration: 0,
      locale: {
        "NavigationControl.ZoomIn": box.dataset.zoomIn,
        "NavigationControl.ZoomOut": box.dataset.zoomOut,
        "Popup.Close": box.dataset.close,
        "Map.Title": box.getAttribute("aria-label"),
      },
    });
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
    map.scrollZoom.disable();
    for (const layer of ["offer", "quarter"]) {
      map.on("click", layer, (event) => {
        new maplibregl.Popup().setLngLat(event.lngLat).setText(event.features[0].properties.name).addTo(map);
      });
    }
    map.once("idle", () => { box.dataset.drawn = "yes"; });
  } catch (error) {
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: box.dataset.failed }));
  }
}

function style(data) {
  const of = (kind) => ["==", ["get", "kind"], kind];
  return {
    version: 8,
    sources: { here: { type: "geojson", data } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#eef1ee" } },
      { id: "inside", type: "fill", source: "here", filter: of("territory"), paint: { "fill-color": "#fbf8f2" } },
      { id: "edge", type: "line", source: "here", filter: of("territory"), paint: { "line-color": "#1f5a4d", "line-width": 2 } },
      { id: "quarter", type: "fill", source: "here", filter: of("quarter"), paint: { "fill-color": "#d98a1f", "fill-opacity": 0.55 } },
      { id: "quarter-edge", type: "line", source: "here", filter: of("quarter"), paint: { "line-color": "#8a4b08", "line-width": 1.5 } },
      { id: "offer", type: "circle", source: "here", filter: of("offer"), paint: { "circle-color": "#1f5a4d", "circle-radius": 6, "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 } },
    ],
  };
}

// West, south, east, north of everything drawn.
function bounds(data) {
  const found = [180, 90, -180, -90];
  const visit = (part) => {
    if (typeof part[0] === "number") {
      found[0] = Math.min(found[0], part[0]); found[1] = Math.min(found[1], part[1]);
      found[2] = Math.max(found[2], part[0]); found[3] = Math.max(found[3], part[1]);
    } else part.forEach(visit);
  };
  data.features.forEach((feature) => visit(feature.geometry.coordinates));
  return found;
}
